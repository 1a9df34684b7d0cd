"""A transaction that breaks leaves nothing half; one that is done again does nothing twice."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import pytest
from tests.servers.scene import FLAVOR, LIVENESS, START, WISH, Scene

from hostdown.domain import server_actions
from hostdown.domain.destinations import Ratios
from hostdown.domain.ha import NOBODY
from hostdown.domain.model import HostRecord
from hostdown.domain.quotas import NOTHING_LIMITED
from hostdown.domain.zones import ZonePolicy
from hostdown.services import assignments, outcomes, server_changes, server_create
from hostdown.services.cell_ports import Cell, CellRows
from hostdown.services.directory_ports import Directory, DirectoryRows
from hostdown.services.hearings import Question
from hostdown.services.server_create import Count, Making
from hostdown.services.surveys import Surveyor
from hostdown.services.zone_map import ZoneMap

T = TypeVar("T")


class Broken(Exception):
    """What a test injects."""


class Counting:
    """`CellRows` that break before the write numbered `left`."""

    WRITES = frozenset(
        {
            "add",
            "replace",
            "claimed",
            "end",
            "next",
            "changed",
            "changed_on",
            "finish",
            "keep_instance",
            "tell_instance",
        }
    )

    def __init__(self, real: object, counter: list[int]) -> None:
        self._real = real
        self._counter = counter

    def __getattr__(self, name: str) -> object:
        found = getattr(self._real, name)
        if not callable(found):
            return Counting(found, self._counter)
        if name not in self.WRITES:
            return found

        def write(*args: object) -> object:
            self._counter[0] -= 1
            if self._counter[0] < 0:
                raise Broken
            return found(*args)

        return write


class BreakingCell:
    """A cell whose transactions break before their write numbered `left`."""

    def __init__(self, real: Cell, left: int) -> None:
        self.name, self.read = real.name, real.read
        self._real = real
        self._left = left

    def write(self, work: Callable[[CellRows], T]) -> T:
        counter = [self._left]
        return self._real.write(lambda rows: work(Counting(rows, counter)))  # type: ignore[arg-type] # it is


class ForgetfulCell:
    """A cell that loses the answer to each COMMIT, and does the work again as storages do."""

    def __init__(self, real: Cell) -> None:
        self.name, self.read = real.name, real.read
        self._real = real

    def write(self, work: Callable[[CellRows], T]) -> T:
        self._real.write(work)
        return self._real.write(work)


class OneCell:
    """The cells of a deployment that has one."""

    def __init__(self, cell: Cell) -> None:
        self._cell = cell

    def named(self, name: str) -> Cell:
        assert name == self._cell.name
        return self._cell

    def all(self) -> Sequence[Cell]:
        return [self._cell]


class ForgetfulDirectory:
    """As above."""

    def __init__(self, real: Directory) -> None:
        self.read = real.read
        self._real = real

    def write(self, work: Callable[[DirectoryRows], T]) -> T:
        self._real.write(work)
        return self._real.write(work)


def everything(scene: Scene) -> object:
    """All that a transaction could have left."""
    uuids = [m.uuid for m in scene.storage.directory.read(_mappings(scene))]
    host = scene.record("a").id

    def look(rows: CellRows) -> object:
        return (
            [rows.instances.get(each, deleted=True) for each in uuids],
            [rows.permits.of_instance(each) for each in uuids],
            rows.hearing.standing(host),
            rows.proofs.covering(host, 0),
        )

    return scene.cell.read(look), [scene.told(each) for each in uuids]


def _mappings(scene: Scene) -> Callable[[DirectoryRows], list[object]]:
    return lambda rows: list(rows.instance_mappings.of_cell(scene.cell.name))


def creating(scene: Scene, cell: Cell, directory: Directory | None = None) -> object:
    wish = WISH._replace(flavor=FLAVOR)
    zones = ZoneMap(scene.storage.directory, ZonePolicy())
    surveyor = Surveyor(scene.storage.directory, zones, LIVENESS, Ratios())
    where = (OneCell(cell), directory or scene.storage.directory)
    making = Making(*where, surveyor, NOTHING_LIMITED)
    return server_create.create(making, scene.caller(), wish, Count(2, 2), START)


Act = Callable[[Scene, Cell, str, HostRecord], object]


def stopping(scene: Scene, cell: Cell, uuid: str, _: HostRecord) -> object:
    return server_changes.act(cell, uuid, server_actions.STOP, scene.asker())


def deleting(scene: Scene, cell: Cell, uuid: str, _: HostRecord) -> object:
    return server_changes.delete(cell, uuid, scene.asker())


def locking(scene: Scene, cell: Cell, uuid: str, _: HostRecord) -> object:
    return server_changes.lock(cell, uuid, "r", scene.asker())


def surrendering(scene: Scene, cell: Cell, uuid: str, record: HostRecord) -> object:
    return outcomes.take(cell, record, [scene.said(uuid, gone=True)], START, scene.known)


def starting_anew(scene: Scene, cell: Cell, _: str, record: HostRecord) -> object:
    newer = record._replace(boot=record.boot + 1, session=record.session + 1)
    return assignments.fetch(cell, newer, Question(), NOBODY, START)


ACTS = (stopping, deleting, locking, surrendering, starting_anew)


@pytest.mark.parametrize("act", ACTS)
def test_a_change_that_breaks_anywhere_changes_nothing(scene: Scene, act: Act) -> None:
    record = scene.host("a")
    server = scene.running()
    before = everything(scene)
    for left in range(20):
        try:
            act(scene, BreakingCell(scene.cell, left), server.uuid, record)
        except Broken:
            assert everything(scene) == before
        else:
            break
    assert left > 1
    assert everything(scene) != before


def test_a_creation_that_breaks_anywhere_leaves_no_server(scene: Scene) -> None:
    scene.host("a")
    for left in range(40):
        try:
            creating(scene, BreakingCell(scene.cell, left))
        except Broken:
            assert scene.cell.read(lambda rows: rows.instances.used()) == []
            assert scene.assigned("a") == ()
        else:
            break
    assert left == 10
    assert len(scene.assigned("a")) == 2


def test_a_creation_whose_commit_was_not_answered_makes_nothing_twice(scene: Scene) -> None:
    scene.host("a")
    directory = ForgetfulDirectory(scene.storage.directory)
    made = creating(scene, ForgetfulCell(scene.cell), directory)
    assert isinstance(made, list)
    assert len(made) == len(scene.assigned("a")) == 2
    for each in made:
        assert scene.get(each.uuid) == each
        assert len(scene.permits(each.uuid)) == 1


@pytest.fixture
def forgetful(scene: Scene) -> Cell:
    return ForgetfulCell(scene.cell)


def test_outcomes_and_boots_whose_commit_was_not_answered_happen_once(
    scene: Scene, forgetful: Cell
) -> None:
    record = scene.host("a")
    server = scene.running()
    starting_anew(scene, forgetful, server.uuid, record)
    assert [each.generation for each in scene.permits(server.uuid)] == [1, 2]
    scene.delete(server.uuid)
    scene.boot("a")
    (gone,) = surrendering(scene, forgetful, server.uuid, scene.record("a"))  # type: ignore[misc] # a list
    assert gone.deleted
    assert scene.open(server.uuid) == []
