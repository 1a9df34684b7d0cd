"""A guest from start to end by a libvirt within this process: embedded.py URI DISK."""

import sys
from datetime import timedelta
from pathlib import Path

from hostdown.domain.assignment import Holder
from hostdown.domain.guest_errors import HypervisorSilent
from hostdown.domain.guests import GuestSpec
from hostdown.drivers.libvirt_guests import LibvirtGuests
from hostdown.drivers.libvirt_link import LibvirtLink
from hostdown.drivers.system_clock import SystemClock

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.guests.disk import counted
from tests.processes.harness import until

UUID = "c0c1f5a6-9f83-4ff1-8a39-6a1b0f1f3c55"


def _answers(guests: LibvirtGuests) -> bool:
    try:
        return guests.inventory() == []
    except HypervisorSilent:
        return False


def main(uri: str, disk: Path) -> None:
    link = LibvirtLink(uri)
    guests = LibvirtGuests(link, lambda: "qemu", None, SystemClock())
    until(lambda: _answers(guests), 50)
    holder = Holder(1, "f2f4d0aa-9e80-4ac6-a3b5-1a7c2f9be001", 1)
    guests.create(GuestSpec(UUID, "instance-1", holder, 1, 8, disk, "raw", "none", ""))
    print("created")
    guests.go(UUID)
    counted(disk, beyond=0)
    print("counts")
    guests.end(UUID, timedelta(0))
    print("ended" if guests.inventory() == [] else "still there")
    link.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
