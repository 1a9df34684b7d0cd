"""What is sent, what becomes of it in the database, and what a crash repeats."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from tests.metrics.kept import KeptCounts
from tests.telling.senders import FakeSender

from hostdown.domain.deliveries import LIFETIME, Channel, Delivery, Verdict
from hostdown.services import deliverer
from hostdown.services.deliverer import Deliverer
from hostdown.services.delivery_ports import Which
from hostdown.storage import Storage

NOW = datetime(2026, 3, 10, 12)


class Clock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return (self.at - NOW).total_seconds()


class Scene:
    """One channel's deliverer on a store."""

    def __init__(self, store: Storage) -> None:
        self.directory = store.directory
        self.clock = Clock()
        self.leads = True
        self.begin()

    def begin(self) -> None:
        """Another process, which knows nothing."""
        self.sender, self.counts = FakeSender(), KeptCounts()
        leads = (lambda: self.leads, self.clock, self.counts)
        self.deliverer = Deliverer(self.directory, Channel.WEBHOOK, self.sender, *leads)

    def add(self, *names: str, receiver: str = "pager", lane: str = "") -> None:
        self.directory.write(
            lambda rows: rows.deliveries.add(
                [
                    Delivery(
                        0, name, Channel.WEBHOOK, receiver, lane or name, batch, "", b"{}", NOW
                    )
                    for batch, name in enumerate(names)
                ]
            )
        )
        self.deliverer.wake()

    def turn(self, times: int = 3, seconds: float = 0.0) -> None:
        self.clock.at += timedelta(seconds=seconds)
        for _ in range(times):
            self.deliverer.turn()

    def left(self) -> list[str]:
        found = self.directory.read(lambda rows: rows.deliveries.after(Channel.WEBHOOK, 0, 9999))
        return [each.id for each in found]

    def dead(self) -> list[tuple[str, str | None]]:
        found = self.directory.read(lambda rows: rows.dead_letters.list(Which(), 9999))
        return [(each.delivery.id, each.delivery.failure) for each in found]


@pytest.fixture
def scene(store: Storage) -> Iterator[Scene]:
    return Scene(store)


def test_what_was_taken_goes(scene: Scene) -> None:
    scene.add("a", "b")
    scene.turn()
    assert scene.sender.sent == ["a", "b"]
    assert scene.left() == []
    scene.add("c")
    scene.turn()
    assert scene.sender.sent == ["a", "b", "c"]


def test_what_was_taken_and_not_written_is_sent_again_by_whoever_comes_next(scene: Scene) -> None:
    scene.add("a", "b")
    scene.sender.fate = lambda each: Verdict.TAKEN if each.id == "a" else None
    scene.turn()
    assert scene.left() == ["a", "b"]
    scene.begin()
    scene.turn()
    assert scene.sender.sent == ["a", "b"]
    assert scene.left() == []


def test_who_leaves_writes_what_was_taken(scene: Scene) -> None:
    scene.add("a", "b")
    scene.sender.fate = lambda each: Verdict.TAKEN if each.id == "a" else None
    scene.turn()
    scene.deliverer.close()
    assert scene.left() == ["b"]


def test_attempts_and_the_time_until_something_was_taken_are_counted(scene: Scene) -> None:
    scene.add("a", "b")
    scene.sender.fate = lambda each: Verdict.FAILED if each.id == "a" else Verdict.REFUSED
    scene.turn()
    scene.sender.fate = lambda _: Verdict.TAKEN
    scene.turn(seconds=5)
    assert scene.counts.counts == {
        ("delivery_attempts_total", "webhook", "failed"): 1,
        ("delivery_attempts_total", "webhook", "refused"): 1,
        ("delivery_attempts_total", "webhook", "taken"): 1,
    }
    assert scene.counts.times == {("delivery_seconds", "webhook"): [5.0]}


def test_what_failed_is_tried_again_after_a_pause(scene: Scene) -> None:
    scene.add("a")
    scene.sender.fate = lambda _: Verdict.FAILED
    scene.turn()
    assert scene.sender.sent == ["a"]
    (kept,) = scene.directory.read(lambda rows: rows.deliveries.after(Channel.WEBHOOK, 0, 9))
    assert kept.failure == "no"
    scene.turn(seconds=1)
    assert scene.sender.sent == ["a", "a"]
    scene.sender.fate = lambda _: Verdict.TAKEN
    scene.turn(seconds=60)
    assert scene.left() == []


def test_what_is_refused_is_a_dead_letter(scene: Scene) -> None:
    scene.add("a", "b", lane="one")
    scene.sender.fate = lambda each: Verdict.REFUSED if each.id == "a" else Verdict.TAKEN
    scene.turn()
    assert (scene.left(), scene.dead()) == ([], [("a", "no")])


def test_what_has_failed_for_too_long_is_a_dead_letter(scene: Scene) -> None:
    scene.add("a")
    scene.sender.fate = lambda _: Verdict.FAILED
    scene.turn(seconds=LIFETIME.total_seconds() - 1)
    assert scene.dead() == []
    scene.turn(seconds=60)
    assert scene.dead() == [("a", "no")]


def test_who_does_not_lead_sends_nothing(scene: Scene) -> None:
    scene.add("a")
    scene.leads = False
    scene.turn()
    assert scene.sender.sent == []
    scene.leads = True
    scene.turn()
    assert scene.sender.sent == ["a"]


def test_who_leads_no_more_writes_what_was_taken_and_begins_anew(scene: Scene) -> None:
    scene.add("a", "b")
    scene.sender.fate = lambda _: None
    scene.turn()
    scene.leads = False
    scene.sender.end()
    scene.turn()
    assert scene.left() == []
    scene.add("c")
    scene.leads = True
    scene.sender.fate = lambda _: Verdict.TAKEN
    scene.turn()
    assert scene.sender.sent == ["a", "b", "c"]


def test_a_receiver_that_takes_nothing_fills_no_memory_and_keeps_nobody_waiting(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliverer, "PAGE", 4)
    monkeypatch.setattr(deliverer, "HELD_MAX", 6)
    dead = [f"dead{number:02}" for number in range(20)]
    scene.add(*dead, receiver="dead", lane="one")
    scene.add("b", receiver="well")
    scene.sender.fate = lambda each: Verdict.FAILED if each.receiver == "dead" else Verdict.TAKEN
    scene.turn()
    assert "b" in scene.sender.sent
    assert scene.deliverer.held("dead") == 6
    scene.sender.fate = lambda _: Verdict.TAKEN
    scene.sender.sent = []
    scene.turn(times=60, seconds=60)
    assert scene.sender.sent == dead
    assert scene.left() == []


def test_nothing_is_lost_while_the_database_is_away(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.add("a")
    scene.turn(times=1)
    write = scene.directory.write

    def fails(_: object) -> None:
        raise RuntimeError("away")

    scene.add("b")
    monkeypatch.setattr(scene.directory, "write", fails)
    with pytest.raises(RuntimeError):
        scene.turn()
    monkeypatch.setattr(scene.directory, "write", write)
    scene.turn()
    assert scene.sender.sent == ["a", "b"]
    assert scene.left() == []
