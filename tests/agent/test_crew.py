"""A host's threads at work: many instances at once, a lease that is lost, a state that is full."""

import threading
from pathlib import Path

import pytest
from tests.agent.test_exchange import Pair
from tests.agent.worker_bed import ASKED, SOURCE, UUID
from tests.processes.harness import until

from hostdown.agent.crew import Crew
from hostdown.agent.errors import Stopped
from hostdown.domain.assignment import Assignment, PowerState, Wanted
from hostdown.domain.lease_text import Claim

INSTANCES = 30


def many(order: int, wanted: Wanted) -> list[Assignment]:
    return [
        ASKED._replace(uuid=f"{UUID[:-4]}{number:04x}", order=order, wanted=wanted)
        for number in range(INSTANCES)
    ]


class Running:
    """A host at work; its clock moves only for what waits a second."""

    def __init__(self, root: Path) -> None:
        self.pair = Pair(root)
        self.crew = Crew(
            self.pair.bed.worker, self.pair.bed.watcher, self.pair.exchange, self.pair.tidings, 4
        )
        self.crew.start()
        self.pair.reporting()

    def ask(self, *asked: Assignment) -> None:
        self.pair.server.give(*asked)
        self.pair.exchange.hint(self.pair.server.version)

    def said(self, order: int) -> int:
        return len({each.uuid for each in self.pair.server.said if each.order == order})


def test_many_instances_come_and_go_at_once_and_leave_nothing(tmp_path: Path) -> None:
    host = Running(tmp_path)
    bed = host.pair.bed
    try:
        host.ask(*many(1, Wanted.RUNNING))
        until(lambda: host.said(1) == INSTANCES, 60)
        states = [guest.state for guest in bed.guests.inventory()]
        assert states == [PowerState.RUNNING] * INSTANCES
        host.ask(*many(2, Wanted.GONE))
        until(lambda: host.said(2) == INSTANCES, 60)
        assert list(bed.guests.inventory()) == []
        assert [path for path in bed.pool.rglob("*") if path.name in ("disk", "saved")] == []
        assert [path for path in bed.pool.rglob("tmp-*")] == []
        host.ask()
        until(lambda: not list((tmp_path / "state/notes").iterdir()))
    finally:
        host.crew.stop(5)


def test_a_guest_whose_lease_is_lost_dies_and_is_told_within_seconds(tmp_path: Path) -> None:
    host = Running(tmp_path)
    bed = host.pair.bed
    try:
        host.ask(ASKED)
        until(lambda: host.said(1) == 1)
        bed.leases.claim(Claim(UUID, SOURCE._replace(generation=2), "b", "host-source-1"), 1)
        until(lambda: host.pair.server.said[-1].gone, 5)
        assert bed.state is None
    finally:
        host.crew.stop(5)


def test_a_state_that_cannot_be_kept_ends_the_agent(tmp_path: Path) -> None:
    host = Running(tmp_path)
    try:
        until(lambda: host.pair.server.requests)
        (tmp_path / "state").rename(tmp_path / "elsewhere")
        host.ask(ASKED)
        until(lambda: host.pair.bed.worker.broken)
        with pytest.raises(Stopped, match="cannot be written"):
            host.pair.exchange.rows()
    finally:
        host.crew.stop(5)


def test_a_crew_that_stops_leaves_no_thread(tmp_path: Path) -> None:
    before = threading.active_count()
    host = Running(tmp_path)
    host.crew.stop(10)
    until(lambda: threading.active_count() <= before)
