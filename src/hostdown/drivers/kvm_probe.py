"""Whether guests can run under KVM here: one that does what kernels do is run, to see.

That /dev/kvm opens and makes a machine shows nothing: inside other virtual machines there are KVMs
by software that run the first code of a guest and then stop for ever.
"""

import shutil
import subprocess
import tempfile
from pathlib import Path

PROBE_LIMIT_S = 3.0
"""Longest run of the probe; under a KVM that works it takes a fraction of a second."""

SECTOR = (
    bytes.fromhex(
        "fafc31c08ed88ec08ed0bc007cbf0010b90018f3abc70600100320c70600200330c7060030830066"
        "b8200000000f22e066b8001000000f22d866b9800000c00f32660d000100000f300f0116b87c0f20"
        "c0660d010000800f22c0ea5f7c080066b810008ed88ec08ed031c031d2bb0100000031c9be907c00"
        "00f0480fc70e7504b010e6f4f4ebfd8db42600000000669000000000000000000000000000000000"
        "000000000000000000000000009a200000000000009200001700a07c0000"
    ).ljust(510, b"\0")
    + b"\x55\xaa"
)
"""tools/guest/probe.s, assembled; a test holds the two together."""

_EMULATORS = ("qemu-system-x86_64", "/usr/libexec/qemu-kvm")
_DISK_BYTES = 1_048_576
_WELL = 33


def runs_under(accelerator: str, cpu: str) -> bool:
    """Whether the probe ran to its end; False also where QEMU is not installed."""
    emulator = next(filter(None, map(shutil.which, _EMULATORS)), None)
    if emulator is None:
        return False
    with tempfile.TemporaryDirectory(prefix="hostdown-probe-") as directory:
        disk = Path(directory) / "disk"
        disk.write_bytes(SECTOR.ljust(_DISK_BYTES, b"\0"))
        command = [
            emulator,
            *("-accel", accelerator, "-cpu", cpu, "-M", "pc", "-m", "8", "-display", "none"),
            *("-nodefaults", "-no-user-config", "-no-reboot"),
            *("-drive", f"file={disk},format=raw,if=virtio,readonly=on"),
            *("-device", "isa-debug-exit,iobase=0xf4,iosize=0x04"),
        ]
        try:
            ended = subprocess.run(  # noqa: S603 - a program of the system, with words of ours
                command, capture_output=True, stdin=subprocess.DEVNULL, timeout=PROBE_LIMIT_S
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
    return ended.returncode == _WELL


def kvm_works() -> bool:
    """Whether guests run under KVM, with the processor that they get here."""
    return Path("/dev/kvm").exists() and runs_under("kvm", "host")
