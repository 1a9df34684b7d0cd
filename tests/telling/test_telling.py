"""From outboxes to deliveries: nothing is told twice under two ids, and nothing is passed over."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from tests.telling.test_deliverer import NOW, Clock

from hostdown.domain.deliveries import Channel, Delivery, Event
from hostdown.domain.errors import CellUnavailable, StorageFull
from hostdown.domain.model import Caller, Change
from hostdown.domain.webhooks import Wanted
from hostdown.services.directory_ports import DirectoryRows
from hostdown.services.lease import LEASE_S, Lease
from hostdown.services.telling import EVENTS_MAX, NOTIFIER, Teller
from hostdown.services.webhooks import WebhookRoute
from hostdown.storage import Storage

CALLER = Caller("u1", "alice", "p1", ("admin",), "req-1")


class Everything:
    """Operators' webhooks: one that wants all, one that wants hosts."""

    def wanted(self) -> dict[str, Wanted]:
        return {"all": Wanted(), "hosts": Wanted(events=["host.*"])}


class Scene:
    """A server that tells."""

    def __init__(self, store: Storage) -> None:
        self.store = store
        self.clock = Clock()
        self.woken = 0
        self.teller = self.another("one")

    def another(self, me: str) -> Teller:
        directory = self.store.directory
        lease: Lease[DirectoryRows] = Lease(directory, NOTIFIER, me, self.clock)
        routes = [WebhookRoute(Everything())]
        return Teller(directory, self.store.cells, lease, routes, self.wake)

    def wake(self) -> None:
        self.woken += 1

    def happens(self, *events: str, host: str = "host1") -> None:
        cell = self.store.cells.all()[0]
        for each in events:
            change = Change(self.clock.at, CALLER, each, {}, {})
            cell.write(lambda rows, change=change: rows.journal.note(change, host))

    def waiting(self) -> list[Delivery]:
        return self.store.directory.read(
            lambda rows: rows.deliveries.after(Channel.WEBHOOK, 0, 9999)
        )

    def delivered(self) -> list[str]:
        """All that waits is delivered; its ids."""
        ids = [each.id for each in self.waiting()]
        self.store.directory.write(lambda rows: rows.deliveries.drop(ids))
        return ids

    def told(self) -> list[tuple[str, str]]:
        return [(each.receiver, each.body.decode()) for each in self.waiting()]


@pytest.fixture
def scene(store: Storage) -> Scene:
    return Scene(store)


def test_each_receiver_gets_what_it_wants_in_the_order_in_which_it_happened(scene: Scene) -> None:
    scene.happens("host.unreachable", "service.update", "host.reachable")
    scene.teller.turn(scene.clock.at)
    told = scene.told()
    assert [to for to, _ in told] == ["all", "hosts", "all", "all", "hosts"]
    assert ["host.unreachable" in text for _, text in told] == [True, True, False, False, False]
    assert scene.woken == 1
    scene.teller.turn(scene.clock.at)
    assert len(scene.told()) == 5
    assert scene.woken == 1


def test_more_than_is_taken_at_a_time_is_taken_all_the_same(scene: Scene) -> None:
    scene.happens(*["service.update"] * (EVENTS_MAX + 3))
    scene.teller.turn(scene.clock.at)
    assert len(scene.told()) == EVENTS_MAX + 3


def test_only_one_tells_and_another_takes_over(scene: Scene) -> None:
    scene.teller.turn(scene.clock.at)
    other = scene.another("two")
    other.turn(scene.clock.at)
    scene.happens("host.unreachable")
    other.turn(scene.clock.at)
    assert scene.told() == []
    scene.clock.at += timedelta(seconds=LEASE_S)
    other.turn(scene.clock.at)
    assert len(scene.told()) == 2
    scene.happens("host.reachable")
    scene.teller.turn(scene.clock.at)  # it was stopped meanwhile, and finds that out
    assert len(scene.told()) == 2


def test_what_a_crash_repeats_has_the_same_id(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.happens("host.unreachable")
    cell = scene.store.cells.all()[0]

    def crash(_: object) -> None:
        raise CellUnavailable(cell="cell1")

    with monkeypatch.context() as patch:
        patch.setattr(cell, "write", crash)
        with pytest.raises(CellUnavailable):
            scene.teller.turn(scene.clock.at)
    assert len(scene.told()) == 2
    scene.teller.turn(scene.clock.at)
    assert len(scene.told()) == 2


def test_an_outbox_that_cannot_be_written_makes_nobody_hear_the_same_again_and_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a full disk: what was delivered meanwhile is not there any more."""
    cell = scene.store.cells.all()[0]

    def full(_: object) -> None:
        raise StorageFull

    sent: list[str] = []
    scene.happens("host.unreachable")
    with monkeypatch.context() as patch:
        patch.setattr(cell, "write", full)
        for _ in range(3):
            with pytest.raises(StorageFull):
                scene.teller.turn(scene.clock.at)
            sent += scene.delivered()
    assert len(sent) == 2
    scene.happens("host.reachable")
    scene.teller.turn(scene.clock.at)
    assert ["host.reachable" in text for _, text in scene.told()] == [True, True]


def test_a_cell_that_is_away_keeps_nothing_else_from_being_told(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Sequence[Event]] = []

    class Watching:
        def deliveries(
            self, _rows: DirectoryRows, events: Sequence[Event], _now: datetime
        ) -> list[Delivery]:
            made.append(events)
            return []

    lease: Lease[DirectoryRows] = Lease(scene.store.directory, NOTIFIER, "three", scene.clock)
    teller = Teller(scene.store.directory, scene.store.cells, lease, [Watching()], scene.wake)
    cell = scene.store.cells.all()[0]

    def away(_: object) -> None:
        raise CellUnavailable(cell="cell1")

    scene.happens("host.unreachable")
    with monkeypatch.context() as patch:
        patch.setattr(cell, "read", away)
        with pytest.raises(CellUnavailable):
            teller.turn(NOW)
    assert made == []
    teller.turn(NOW)
    assert [each.type for each in made[0]] == ["host.unreachable"]
