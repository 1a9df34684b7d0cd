"""Little is forgotten at a time, and whoever dies or is away meanwhile loses nothing, on every
database."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TypeVar
from uuid import uuid4

import pytest
from sqlalchemy import select
from tests.contracts.databases import run
from tests.contracts.old_setting import (
    KEPT_FOR,
    NOW,
    OLD,
    Scene,
    act,
    clearing,
    held,
    journal,
    keep,
    some,
    step,
)
from tests.contracts.test_instances import instance

from hostdown.domain.errors import CellUnavailable
from hostdown.services import retention as module
from hostdown.services.cell_ports import Cell, CellRows
from hostdown.services.retention import Retention
from hostdown.storage import DatabaseSettings, Storage
from hostdown.storage.cell_tables import changes, instance_actions, instances, permits
from hostdown.storage.directory_tables import directory_changes
from hostdown.storage.types import written

T = TypeVar("T")
FORGOTTEN_MAX = 5
BATCHES_MAX = 4
"""Fewer than in earnest: rows take long to make."""


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is true of few at a time is of many."""
    monkeypatch.setattr(module, "FORGOTTEN_MAX", FORGOTTEN_MAX)
    monkeypatch.setattr(module, "BATCHES_MAX", BATCHES_MAX)


@pytest.fixture
def scene(store: Storage, settings: DatabaseSettings) -> Scene:
    return Scene(store, settings)


def deleted_rows(scene: Scene, count: int) -> list[str]:
    """Servers that were deleted one after another, and never had a permit."""
    pattern = instance(deleted=True, deleted_at=OLD)
    scene.write(lambda rows: rows.instances.add(pattern))
    columns = [each for each in instances.c if each.name != "id"]
    (row,) = run(scene.settings.cell_url, select(*columns))
    names = [each.name for each in columns]
    uuids = [pattern.uuid, *(str(uuid4()) for _ in range(count - 1))]
    times = [written(OLD + timedelta(milliseconds=number)) for number in range(count)]
    rows: list[Mapping[str, object]] = [
        dict(zip(names, row, strict=True)) | {"uuid": uuid, "deleted_at": at}
        for uuid, at in zip(uuids[1:], times[1:], strict=True)
    ]
    run(scene.settings.cell_url, *some(instances, rows))
    return uuids


def test_old_ones_that_stay_hide_no_younger_one_that_may_go(scene: Scene) -> None:
    *kept, _ = deleted_rows(scene, FORGOTTEN_MAX + 1)
    keep(scene, kept)
    scene.turn()
    assert scene.left() == kept


class Watched:
    """All cells: one, of which the transactions are counted, and which is away after some."""

    def __init__(self, cell: Cell, writes_max: int = 10**6) -> None:
        self._cell = cell
        self._writes_max = writes_max
        self.name = cell.name
        self.answers: list[object] = []
        """Of each transaction that wrote."""

    def all(self) -> list[Cell]:
        return [self]

    def named(self, name: str) -> Cell:
        assert name == self.name
        return self

    def read(self, work: Callable[[CellRows], T]) -> T:
        return self._cell.read(work)

    def write(self, work: Callable[[CellRows], T]) -> T:
        if len(self.answers) == self._writes_max:
            raise CellUnavailable(cell=self.name)
        self.answers.append(self._cell.write(work))
        return self.answers[-1]  # type: ignore[return-value] # it is what was just put there


def test_transactions_are_small_and_a_turn_has_some(scene: Scene) -> None:
    many = FORGOTTEN_MAX * BATCHES_MAX + 1
    rows = [journal(OLD, host="a", service_uuid="") for _ in range(many)]
    run(scene.settings.cell_url, *some(changes, rows))
    deleted_rows(scene, FORGOTTEN_MAX + 1)
    watched = Watched(scene.cell)
    retention = Retention(scene.store.directory, watched, KEPT_FOR)
    retention.turn(NOW)
    assert sorted(watched.answers) == [1] + [FORGOTTEN_MAX] * (BATCHES_MAX + 1)  # type: ignore[type-var] # numbers
    assert len(held(scene.settings, changes, "id")) == 1
    retention.turn(NOW)
    assert held(scene.settings, changes, "id") == []


def test_a_turn_goes_on_behind_those_that_the_last_one_looked_at(scene: Scene) -> None:
    *kept, _ = deleted_rows(scene, FORGOTTEN_MAX * BATCHES_MAX + 1)
    keep(scene, kept)
    scene.turn()
    assert len(scene.left()) == len(kept) + 1
    scene.turn()
    assert scene.left() == kept
    young, *_ = kept
    scene.write(lambda rows: rows.clearings.remove(clearing(young)))
    scene.turn()  # from the oldest on again
    assert young not in scene.left()


def test_what_a_crash_left_goes_with_the_next_turn(scene: Scene) -> None:
    uuid = scene.server()
    act(scene.cell, uuid, "create", event=step(finished=True))
    dies = Retention(scene.store.directory, Watched(scene.cell, 0), KEPT_FOR)
    with pytest.raises(CellUnavailable):
        dies.turn(NOW)
    assert scene.left() == held(scene.settings, permits, "instance_uuid") == [uuid]
    assert held(scene.settings, instance_actions, "instance_uuid") == [uuid]
    assert not scene.is_mapped(uuid)
    scene.turn()
    assert scene.left() == held(scene.settings, permits, "instance_uuid") == []


class Late:
    """A cell in which something happens before the first transaction that writes."""

    def __init__(self, cell: Cell, happens: Callable[[CellRows], object]) -> None:
        self._cell = cell
        self._happens: list[Callable[[CellRows], object]] = [happens]
        self.name = cell.name
        self.read = cell.read

    def all(self) -> list[Cell]:
        return [self]

    def named(self, name: str) -> Cell:
        assert name == self.name
        return self

    def write(self, work: Callable[[CellRows], T]) -> T:
        while self._happens:
            self._cell.write(self._happens.pop())
        return self._cell.write(work)


def test_a_server_that_somebody_has_after_all_when_it_should_go_stays(scene: Scene) -> None:
    uuid, other = scene.server(), scene.server()
    cell = Late(scene.cell, lambda rows: rows.clearings.add(clearing(uuid)))
    Retention(scene.store.directory, cell, KEPT_FOR).turn(NOW)
    assert scene.left() == held(scene.settings, permits, "instance_uuid") == [uuid]
    assert other not in scene.left()


def test_a_cell_that_is_away_keeps_nothing_else(scene: Scene) -> None:
    scene.server()
    rows = [journal(OLD, subject="a")]
    run(scene.settings.directory_url, *some(directory_changes, rows))
    away = Retention(scene.store.directory, Watched(scene.cell, 0), KEPT_FOR)
    with pytest.raises(CellUnavailable):
        away.turn(NOW)
    assert run(scene.settings.directory_url, select(directory_changes.c.id)) == []
