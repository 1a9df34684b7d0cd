"""A server that dies between the transactions of a create or a delete leaves nothing for good."""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import pytest
from tests.contracts.test_instance_mappings import add
from tests.servers.scene import START, WISH, Scene
from tests.servers.test_halves import OneCell

from hostdown.domain.server_groups import GroupPolicy
from hostdown.services import half_made, server_groups, server_lookup
from hostdown.services.half_made import ALONE_MAX, HalfMade
from hostdown.services.server_groups import Wanted
from hostdown.storage import Storage

T = TypeVar("T")
SECOND = timedelta(seconds=1)


class Killed(BaseException):
    """The server is."""


class Dying:
    """A cell or a directory whose server dies before the transaction that finds `left` at 0."""

    def __init__(self, real: object, left: list[int]) -> None:
        self._real = real
        self._left = left

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)

    def write(self, work: Callable[[object], T]) -> T:
        if not self._left[0]:
            raise Killed
        self._left[0] -= 1
        return self._real.write(work)  # type: ignore[attr-defined,no-any-return] # it has one


def dying(scene: Scene, left: int) -> Scene:
    """The same, for a server that dies before its transaction of this number."""
    counter = [left]
    directory = Dying(scene.storage.directory, counter)
    cells = OneCell(Dying(scene.cell, counter))  # type: ignore[arg-type] # stands in for one
    return Scene(Storage(directory, cells, []))  # type: ignore[arg-type] # as above


class Group:
    """A server group, and what is known of its servers."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        wanted = Wanted("g", "p", GroupPolicy.SOFT_AFFINITY)
        directory = scene.storage.directory
        self.uuid = server_groups.create(directory, scene.caller(), wanted, 9, START).uuid
        self.wish = WISH._replace(group_uuid=self.uuid)

    def known(self) -> tuple[set[str], set[str]]:
        """By mappings, and by the group."""
        name = self.scene.cell.name
        directory = self.scene.storage.directory
        mappings = directory.read(lambda rows: rows.instance_mappings.of_cell(name))
        members = server_groups.show(directory, self.uuid).members
        return {each.uuid for each in mappings}, set(members)

    def after(self, age: timedelta) -> tuple[set[str], set[str]]:
        HalfMade(self.scene.storage.directory, self.scene.storage.cells).look(START + age)
        return self.known()


@pytest.fixture
def group(scene: Scene) -> Group:
    scene.host("a")
    return Group(scene)


def test_a_create_that_dies_before_any_of_its_transactions_leaves_nothing(group: Group) -> None:
    scene = group.scene
    there = scene.running(group.wish).uuid
    for left in range(9):
        try:
            dying(scene, left).create(2, group.wish)
        except Killed:
            left_behind = group.known()
            assert group.after(ALONE_MAX) == left_behind  # somebody may be at it yet
            assert group.after(ALONE_MAX + SECOND) == ({there}, {there})
            assert group.after(ALONE_MAX + SECOND) == ({there}, {there})
        else:
            break
    assert left == 2
    assert len(left_behind[0]) == len(left_behind[1]) == 3
    mappings, members = group.after(2 * ALONE_MAX)
    assert len(mappings) == 3
    assert mappings == members


def end(scene: Scene, uuid: str) -> None:
    """As `DELETE /servers/{id}` does it."""
    assert scene.delete(uuid).deleted
    server_lookup.forget(scene.storage.directory, uuid)


def test_a_delete_that_dies_before_any_of_its_transactions_is_whole_or_not(group: Group) -> None:
    """Its host is down, so that no host's word repeats it."""
    scene = group.scene
    there, going = scene.running(group.wish).uuid, scene.running(group.wish).uuid
    scene.force("a", down=True)
    both, one = {there, going}, {there}
    for left, after in ((0, both), (1, one)):
        assert group.known() == (both, both)
        killed = dying(scene, left)
        with pytest.raises(Killed):
            end(killed, going)
        assert group.after(timedelta(0)) == (after, after)


def test_a_delete_that_is_not_done_keeps_its_mapping(group: Group) -> None:
    made = group.scene.running(group.wish).uuid
    group.scene.delete(made)
    assert group.after(2 * ALONE_MAX) == ({made}, {made})


def test_all_mappings_are_looked_at_bit_by_bit(
    group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(half_made, "MAPPINGS_LOOKED_AT", 2)
    there = {group.scene.running().uuid for _ in range(3)}
    for _ in range(4):
        add(group.scene.storage.directory, group.scene.cell.name)
    mend = HalfMade(group.scene.storage.directory, group.scene.storage.cells)
    for _ in range(4):
        mend.look(START + 2 * ALONE_MAX)
    assert group.known()[0] == there


def test_a_cell_without_any_server_may_be_the_wrong_one_and_loses_no_mapping(group: Group) -> None:
    add(group.scene.storage.directory, group.scene.cell.name)
    before = group.known()
    assert len(before[0]) == 1
    assert group.after(2 * ALONE_MAX) == before
    there = group.scene.running().uuid
    assert group.after(2 * ALONE_MAX)[0] == {there}
