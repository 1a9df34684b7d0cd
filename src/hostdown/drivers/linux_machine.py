"""Which machine this is: the firmware's UUID and serial where root may read them, else machine-id;
in a container that has neither, its host name.

A copied disk image carries the same machine-id along, the firmware's UUID it does not; so an agent
that protects instances runs as root. What identifies the machine is hashed for this purpose alone,
as machine-id(5) asks, and leaves the machine only so.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from hostdown.domain.errors import MachineUnreadable
from hostdown.domain.machine import FIRMWARE, machine_id

MACHINE_ID = "machine-id"
HOST_NAME = "host-name"

_FILES = {
    FIRMWARE: ("sys/class/dmi/id/product_uuid", "sys/class/dmi/id/product_serial"),
    MACHINE_ID: ("etc/machine-id",),
    HOST_NAME: ("proc/sys/kernel/hostname",),
}


_EPOCH = datetime(1970, 1, 1)


class LinuxMachine:
    """`agent.ports.Machine` for this machine; `root` is where its file system begins."""

    def __init__(self, root: Path = Path("/")) -> None:
        self._root = root

    def sources(self) -> Sequence[str]:
        """Those that can be read; the last one if none can, so that its error explains itself."""
        return [source for source in _FILES if self._readable(source)] or [HOST_NAME]

    def machine_id(self, source: str) -> str:
        """64 hexadecimal digits; raises MachineUnreadable."""
        parts = [self._read(file) for file in _FILES.get(source, ())]
        if not parts:
            raise MachineUnreadable(path=source, reason="there is no such source")
        return machine_id(source, parts)

    def boot_id(self) -> str:
        """The kernel's; raises MachineUnreadable."""
        return self._read("proc/sys/kernel/random/boot_id")

    def booted_at(self) -> datetime:
        """When the kernel started, in UTC to the second; raises MachineUnreadable."""
        path = "proc/stat"
        for line in self._read(path).splitlines():
            name, _, seconds = line.partition(" ")
            if name == "btime" and seconds.isdecimal():
                return _EPOCH + timedelta(seconds=int(seconds))
        raise MachineUnreadable(path=self._root / path, reason="it does not say when it started")

    def _readable(self, source: str) -> bool:
        try:
            self.machine_id(source)
        except MachineUnreadable:
            return False
        return True

    def _read(self, file: str) -> str:
        path = self._root / file
        try:
            text = path.read_text().strip()
        except OSError as error:
            raise MachineUnreadable(path=path, reason=error.strerror) from error
        if not text:
            raise MachineUnreadable(path=path, reason="it is empty")
        return text
