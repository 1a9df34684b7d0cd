"""Hosts with armed watchdogs: reset where nothing grants them their life, and nowhere else."""

import pytest
from tests.lab.bench import Bench, until_true
from tests.processes.harness import until

from hostdown.agent.watch_fire import FireFile
from hostdown.agent.watch_terms import WatchFiles
from hostdown.lab.control import ask
from hostdown.lab.plan import POOL

HOSTS = ("lab1", "lab2")


class Armed:
    """A lab whose hosts are."""

    def __init__(self, lab: Bench) -> None:
        self.lab = lab
        until(lambda: all(map(self.is_armed, HOSTS)), 90)

    def is_armed(self, host: str) -> bool:
        done = WatchFiles(self.lab.directory / "hosts" / host / "agent").done()
        return done is not None and done.armed

    def is_on(self, host: str) -> bool:
        return bool(ask(self.lab.directory, "status")[host]["on"])

    def lose_pool(self, host: str) -> None:
        """Its mount is gone: an empty directory is no pool."""
        self.lab.inside(host, "umount", "--lazy", str(POOL))

    def stop_petter(self, host: str) -> None:
        found = self.lab.inside(host, "pgrep", "-f", "hostdown petter").split()
        self.lab.inside(host, "kill", "-STOP", *found)


@pytest.fixture
def armed(place: Bench) -> Armed:
    place.up(len(HOSTS), "--watchdog")
    return Armed(place)


@pytest.mark.long
def test_only_a_host_that_has_neither_server_nor_pool_is_reset(armed: Armed) -> None:
    first, second = HOSTS
    for host in HOSTS:
        fire = FireFile(armed.lab.directory / "hosts" / host / "agent").load()
        assert fire is not None
        assert 2.0 <= fire.lasted_s + fire.gap_s < 4.0
    armed.lose_pool(first)  # the server still grants it its life
    armed.lab.type("cut", second)  # its pool still takes its renewals
    with pytest.raises(AssertionError):
        until(lambda: not all(map(armed.is_on, HOSTS)))
    armed.lab.type("cut", first)
    until_true(lambda: not armed.is_on(first))
    assert armed.is_on(second)
    armed.lab.type("cut", second, "--heal")
    armed.stop_petter(second)
    until_true(lambda: not armed.is_on(second))
