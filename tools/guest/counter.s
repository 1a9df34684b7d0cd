# A guest of 512 bytes for tests: it boots from its own disk and counts there.
#
# Sector 1 of the disk, written at once and then about every second:
#     "TICK", counter, mark            (32 bits each, little endian)
# The counter goes on from what the disk holds when the guest starts, so that one that went back
# shows a write that was lost. The mark is random per start (not per resume from pause or save):
# which copy wrote last. Before it writes, the guest looks whether its own mark is still there; if
# not, another copy writes to the same disk, and sector 2 says so for good:
#     "TWIN", counter, the other copy's mark, its own
#
# It says GUEST-UP on COM1 after the first write, E for each read or write that failed, and obeys
# the power button of ACPI (PIIX4 and ICH9 with SeaBIOS have it at port 0x600).

        .intel_syntax noprefix
        .code16
        .global _start

        .set    TICKS, 0x46c            # the BIOS counts here, 18.2 times a second
        .set    SECOND, 18
        .set    EVENTS, 0x600           # ACPI PM1: status, enable at +2, control at +4
        .set    BUTTON, 0x100
        .set    POWER_OFF, 0x2000
        .set    COM1, 0x3f8
        .set    TICK, 0x4b434954
        .set    TWIN, 0x4e495754
        .set    sector, 0x8000

_start: xor     ax, ax
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     sp, 0x7c00
        sti
        cld
        mov     [drive], dl
        mov     dx, EVENTS + 2
        mov     ax, BUTTON
        out     dx, ax
        rdtsc                           # cycles until here differ from start to start
        rol     eax, 11
        xor     eax, [TICKS]
        or      eax, 1                  # never 0, which is an empty disk's
        mov     [mark], eax
        mov     ah, 0x42
        call    disk
        cmp     dword ptr [sector], TICK
        jne     tick
        mov     eax, [sector + 4]
        mov     [counter], eax
        jmp     tick

again:  mov     ah, 0x42
        call    disk
        mov     eax, [sector + 8]
        cmp     eax, [mark]
        je      tick
        mov     dword ptr [sector], TWIN
        mov     ebx, [mark]
        mov     [sector + 12], ebx
        mov     byte ptr [lba], 2
        mov     ah, 0x43
        call    disk
        mov     byte ptr [lba], 1

tick:   inc     dword ptr [counter]
        mov     dword ptr [sector], TICK
        mov     eax, [counter]
        mov     [sector + 4], eax
        mov     eax, [mark]
        mov     [sector + 8], eax
        mov     dword ptr [sector + 12], 0
        mov     ah, 0x43
        call    disk
        mov     si, offset hello
say:    lodsb
        test    al, al
        jz      said
        call    put
        jmp     say
said:   mov     byte ptr [hello], 0

        mov     ebx, [TICKS]
wait:   hlt
        mov     dx, EVENTS
        in      ax, dx
        test    ax, BUTTON
        jnz     off
        mov     eax, [TICKS]
        sub     eax, ebx                # at midnight it begins anew: one early tick
        cmp     eax, SECOND
        jb      wait
        jmp     again

off:    mov     dx, EVENTS + 4
        mov     ax, POWER_OFF
        out     dx, ax
halt:   hlt
        jmp     halt

disk:   mov     dl, [drive]             # one sector; AH: 0x42 reads, 0x43 writes
        mov     al, 0
        mov     si, offset packet
        int     0x13
        jnc     done
        mov     al, 'E'
put:    mov     dx, COM1
        out     dx, al
done:   ret

        .balign 4
packet: .byte   16, 0
        .word   1, sector, 0
lba:    .quad   1
counter: .long  0
mark:   .long   0
drive:  .byte   0
hello:  .asciz  "GUEST-UP\r\n"

        .org    510
        .word   0xaa55
