"""A libvirtd that was killed while it started a guest says for ever that it starts it."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.agent.worker_bed import BedClock
from tests.guests.disk import counted
from tests.guests.libvirtd import Libvirtd, libvirtd
from tests.guests.worlds import LibvirtWorld
from tests.processes.harness import until

from hostdown.agent.guests import GuestSpec
from hostdown.domain.assignment import PowerState
from hostdown.domain.guest_errors import GuestRefused, HypervisorSilent

AT_ONCE = timedelta(0)
BEGAN = r"<domstatus state='\w+' reason='[\w -]+' pid='\d+'>"
BEFORE_JOB = r"(?=<libDir )"
AFTER_S = 10.0
"""How long it is waited for."""


class Place:
    """A libvirtd, which this test may spoil, and the agent's view of it."""

    def __init__(self, directory: Path, daemon: Libvirtd) -> None:
        self.daemon = daemon
        self.clock = BedClock()
        self.world = LibvirtWorld(directory, daemon, self.clock)

    def break_off(self, spec: GuestSpec) -> None:
        """What is left when the daemon dies before it makes the guest's process."""
        self.world.guests.create(spec)
        with self.daemon.record(spec.name) as record:
            self.world.die(spec)
            text = record.read_text()
            for pattern, text_then in (
                (BEGAN, "<domstatus state='paused' reason='starting up' pid='0'>"),
                (BEFORE_JOB, "<job type='none' async='start' flags='0x1' asyncStarted='1'/>"),
            ):
                text, times = re.subn(pattern, text_then, text, count=1)
                assert times == 1, text
            record.write_text(text)
        until(self.answers, 30)

    def answers(self) -> bool:
        try:
            self.world.guests.inventory()
        except HypervisorSilent:
            return False
        return True


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with libvirtd() as daemon:
        made = Place(tmp_path, daemon)
        yield made
        made.world.close()


def test_a_start_that_broke_off_is_waited_for_and_then_counts_as_ended(place: Place) -> None:
    guests, broken, other = place.world.guests, place.world.spec(), place.world.spec()
    place.break_off(broken)
    assert [guest.state for guest in guests.inventory()] == [PowerState.PAUSED]
    for later_s in (0.0, AFTER_S - 1):
        place.clock.forward(later_s)
        with pytest.raises(HypervisorSilent):
            guests.end(broken.uuid, AT_ONCE)
    place.clock.forward(1)
    guests.end(broken.uuid, AT_ONCE)
    assert list(guests.inventory()) == []
    guests.end(broken.uuid, AT_ONCE)
    with pytest.raises(GuestRefused) as refused:
        guests.create(broken)
    assert refused.value.failure.code == "broken-start"
    guests.create(other)
    guests.go(other.uuid)
    counted(other.disk, beyond=0)


def test_it_can_be_cleared_as_the_howto_says(place: Place) -> None:
    guests, broken = place.world.guests, place.world.spec()
    place.break_off(broken)
    with place.daemon.record(broken.name) as record:
        record.unlink()
    until(place.answers, 30)
    assert list(guests.inventory()) == []
    guests.create(broken)
    guests.end(broken.uuid, AT_ONCE)
    assert list(guests.inventory()) == []
