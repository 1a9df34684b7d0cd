"""A QEMU that nobody manages, with one counting disk: also another host's copy of a guest."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.debian import need


@contextmanager
def running(disk: Path, locking: str = "on") -> Iterator[subprocess.Popen[bytes]]:
    """Boots from the disk, until the end; `serial` and `monitor` are beside the disk."""
    monitor = disk.parent / "monitor"
    monitor.unlink(missing_ok=True)
    command = [
        need("qemu-system-x86_64", "qemu-system-x86"),
        *("-accel", "tcg,tb-size=4", "-M", "pc", "-m", "8", "-display", "none"),
        *("-nodefaults", "-no-user-config"),
        *("-serial", f"file:{disk.parent / 'serial'}"),
        *("-monitor", f"unix:{monitor},server=on,wait=off"),
        *("-drive", f"file={disk},format=raw,if=virtio,file.locking={locking}"),
    ]
    process = subprocess.Popen(command)
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)
