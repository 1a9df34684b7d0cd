"""Owners hear of each change of their servers' `host_status`, written with the change."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from tests.servers.moving import SceneClock
from tests.servers.scene import ADMIN, LIVENESS, Scene

from hostdown.domain.deliveries import Event
from hostdown.domain.host_words import Sees, Words, seen
from hostdown.domain.instance import Instance
from hostdown.domain.model import COMPUTE, Change
from hostdown.domain.server_status import Precedence
from hostdown.services import compute_services
from hostdown.services.cell_ports import CellRows, Heartbeat
from hostdown.services.leadership import Leadership
from hostdown.services.quiet import Quiet
from hostdown.services.unreachable import OBSERVERS
from hostdown.storage import Storage


@dataclass
class Told(Scene):
    """A host with two servers, another host, and who looks which report."""

    def __post_init__(self) -> None:
        self.host("a")
        self.servers: list[Instance] = self.create(2)
        self.host("b")
        self.leadership = Leadership(self.cell, "leader", SceneClock(self))
        self.quiet = Quiet(self.cell, self.leadership, LIVENESS)
        self.leadership.campaign()
        self.read: list[Event] = []
        self.words()

    def words(self) -> list[tuple[str, Words | None, int]]:
        """What happened since this was asked last, where it is a word for owners."""
        events = self.cell.read(lambda rows: rows.outbox.oldest(999))
        news = events[len(self.read) :]
        self.read = events
        return [
            (each.type, seen(each.about, Sees.ALL, Precedence.NOVA), len(each.about.servers))
            for each in news
            if each.about is not None
        ]

    def set(self, host: str, **wanted: object) -> None:
        wish = compute_services.Wanted(**wanted)  # type: ignore[arg-type] # as they are named
        compute_services.update_on_host(
            self.storage.cells,
            self.storage.directory,
            self.caller(ADMIN),
            host,
            COMPUTE,
            wish,
            self.now,
        )

    def silent(self, host: str, is_so: bool) -> None:
        """As the leader writes what observers agree on."""

        def work(rows: CellRows) -> None:
            (found,) = rows.services.find(host, COMPUTE)
            rows.sights.reach(found, self.now if is_so else None)
            was, becomes = {"silent": found.told_silent}, {"silent": is_so}
            rows.journal.record(Change(self.now, OBSERVERS, "host.x", was, becomes), found)

        self.cell.write(work)

    def reports(self, host: str, number: int) -> None:
        def work(rows: CellRows) -> None:
            (found,) = rows.services.find(host, COMPUTE)
            rows.reports.heartbeats([Heartbeat(found.id, self.now, number)])

        self.cell.write(work)

    def look(self, seconds: float = 1) -> list[tuple[str, Words | None, int]]:
        self.now += timedelta(seconds=seconds)
        self.leadership.campaign()
        self.quiet.turn(self.now)
        return self.words()


@pytest.fixture
def told(store: Storage) -> Told:
    return Told(store)


def test_a_host_that_is_unreachable_then_down_then_back_is_told_each_time(told: Told) -> None:
    told.silent("a", True)
    assert told.words() == [("host.x", Words("UP", "UNKNOWN"), 2)]
    told.set("a", forced_down=True)
    assert told.words() == [("service.update", Words("UNKNOWN", "DOWN"), 2)]
    told.set("a", forced_down=False)
    assert told.words() == [("service.update", Words("DOWN", "UNKNOWN"), 2)]
    told.silent("a", False)
    assert told.words() == [("host.x", Words("UNKNOWN", "UP"), 2)]


def test_maintenance_is_told_and_another_reason_is_not(told: Told) -> None:
    told.set("a", disabled=True)
    assert told.words() == [("service.update", Words("UP", "MAINTENANCE"), 2)]
    told.set("a", disabled=True, disabled_reason="disks")
    assert told.words() == []
    told.set("a", disabled=False)
    assert told.words() == [("service.update", Words("MAINTENANCE", "UP"), 2)]


def test_a_host_without_servers_concerns_nobody(told: Told) -> None:
    told.set("b", disabled=True)
    assert told.words() == [("service.update", Words("UP", "MAINTENANCE"), 0)]


def test_reports_that_stop_and_go_on_are_told_once_each(told: Told) -> None:
    assert told.look() == []
    told.now += timedelta(seconds=30)
    told.reports("b", 2)
    assert told.look(31) == [("host.silent", Words("UP", "UNKNOWN"), 2)]
    assert told.look() == []
    told.reports("a", 3)
    assert told.look() == [("host.heard", Words("UNKNOWN", "UP"), 2)]
    assert told.look() == []


def test_a_host_that_is_yet_to_report_is_not_told_of(told: Told) -> None:
    told.cell.write(lambda rows: rows.services.create("c", COMPUTE, told.now, None))
    events = told.cell.read(lambda rows: len(rows.outbox.oldest(999)))
    assert told.look() == []
    assert told.cell.read(lambda rows: len(rows.outbox.oldest(999))) == events


def test_what_observers_told_is_not_told_again_by_reports(told: Told) -> None:
    told.silent("a", True)
    told.words()
    assert told.look() == []
    told.reports("a", 2)  # it reports although nobody hears its pulses: owners see UP again
    assert told.look() == [("host.heard", Words("UNKNOWN", "UP"), 2)]


def test_only_the_leader_tells(told: Told) -> None:
    told.leadership.term = None
    told.now += LIVENESS.down_after * 2
    told.quiet.turn(told.now)
    assert told.words() == []


def test_a_forced_down_host_whose_reports_stop_stays_down_for_its_owners(told: Told) -> None:
    told.set("a", forced_down=True)
    told.words()
    told.now += timedelta(seconds=30)
    told.reports("b", 2)
    assert told.look(31) == [("host.silent", None, 2)]
