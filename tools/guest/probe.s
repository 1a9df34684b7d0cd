# Whether a hypervisor can run what real guests do: the 512 bytes of drivers/kvm_probe.py.
#
# It goes the way of every kernel, from 16-bit code into 64-bit code with page tables, does a locked
# exchange of 16 bytes (software hypervisors are known to stop at it), and tells so to QEMU's device
# isa-debug-exit, which ends QEMU with status 33. Nothing else ends it so.

        .intel_syntax noprefix
        .code16
        .global _start

        .set    TABLES, 0x1000          # three of 4 KiB each, one below the other
        .set    EXIT, 0xf4
        .set    WELL, 16                # QEMU ends with twice that and one

_start: cli
        cld
        xor     ax, ax
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     sp, 0x7c00
        mov     di, TABLES
        mov     cx, 3 * 2048
        rep stosw
        mov     word ptr [TABLES], TABLES + 0x1003
        mov     word ptr [TABLES + 0x1000], TABLES + 0x2003
        mov     word ptr [TABLES + 0x2000], 0x83        # the first 2 MiB as they are
        mov     eax, 0x20               # PAE
        mov     cr4, eax
        mov     eax, TABLES
        mov     cr3, eax
        mov     ecx, 0xc0000080         # EFER
        rdmsr
        or      eax, 0x100              # long mode
        wrmsr
        lgdt    [table]
        mov     eax, cr0
        or      eax, 0x80000001         # protection and paging
        mov     cr0, eax
        .byte   0xea                    # far jump
        .word   long, 8

        .code64
long:   mov     ax, 16
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        xor     eax, eax
        xor     edx, edx
        mov     ebx, 1
        xor     ecx, ecx
        mov     esi, offset sixteen
        lock cmpxchg16b [rsi]
        jnz     stop
        mov     al, WELL
        out     EXIT, al
stop:   hlt
        jmp     stop

        .balign 16
sixteen: .quad  0, 0
gdt:    .quad   0
        .quad   0x00209a0000000000      # 64-bit code
        .quad   0x0000920000000000      # data
table:  .word   23
        .long   gdt

        .org    510
        .word   0xaa55
