"""The moves of a cell's servers, on every database."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from tests.contracts.test_instances import FLAVOR, NOW, SECOND
from tests.contracts.test_server_races import at_once
from tests.domain.things import migration

from hostdown.domain.migration import ENDED, Migration, MigrationType, Status, Step, Wish
from hostdown.services.cell_ports import Cell
from hostdown.services.migration_ports import MigrationQuery
from hostdown.storage import DatabaseSettings, Storage, open_storage

ROUNDS = 5
HOUR = timedelta(hours=1)


def made(**facts: object) -> Migration:
    """A migration of a server of its own."""
    plain: dict[str, object] = {"id": 0, "uuid": str(uuid4()), "instance": str(uuid4())}
    return migration(**{**plain, "created_at": NOW, **facts})


def put(cell: Cell, **facts: object) -> Migration:
    added = cell.write(lambda rows: rows.migrations.add(made(**facts)))
    assert added is not None
    return added


def replace(cell: Cell, seen: Migration, **facts: object) -> Migration | None:
    return cell.write(lambda rows: rows.migrations.replace(seen, seen._replace(**facts)))  # type: ignore[arg-type] # a table of facts


def find(cell: Cell, **query: object) -> list[Migration]:
    asked = MigrationQuery(**query)  # type: ignore[arg-type] # a table of facts
    return cell.read(lambda rows: rows.migrations.find(asked))


def names(found: list[Migration]) -> list[str]:
    return [each.source_host for each in found]


# ------------------------------------------------------------------------------ writing one


def test_a_migration_comes_back_as_it_was_written(cell: Cell) -> None:
    full = made(
        type=MigrationType.LIVE,
        status=Status.RUNNING,
        dest_host="b",
        dest_node="b.node",
        dest_ip="2001:db8::1",
        updated_at=NOW + SECOND,
        wish=Wish("b", True, "été", "running"),
        old_flavor=FLAVOR,
        new_flavor=FLAVOR._replace(id=2),
        generation=7,
        source_number=2**40,
        tried={"c": "full", "d": "été"},
        reason="no host has room",
        priority=-3,
        due_at=NOW + HOUR,
        progress={"memory_total_bytes": 2**50},
    )
    added = cell.write(lambda rows: rows.migrations.add(full))
    assert added is not None
    assert added.id > 0
    assert added == full._replace(id=added.id)
    assert cell.read(lambda rows: rows.migrations.get(full.uuid)) == added
    empty = put(cell, project_id=None)
    assert cell.read(lambda rows: rows.migrations.get(empty.uuid)) == empty
    assert cell.read(lambda rows: rows.migrations.get(str(uuid4()))) is None
    assert cell.read(lambda rows: rows.migrations.get("\0")) is None


def test_a_change_is_written_only_over_what_was_seen(cell: Cell) -> None:
    seen = put(cell)
    other = put(cell)
    after = replace(cell, seen, dest_host="b", tried={"c": "full"}, due_at=NOW)
    wanted = seen._replace(dest_host="b", tried={"c": "full"}, due_at=NOW, revision=2)
    assert after == wanted
    assert replace(cell, seen, dest_host="late") is None
    assert cell.read(lambda rows: rows.migrations.get(seen.uuid)) == wanted
    assert cell.read(lambda rows: rows.migrations.get(other.uuid)) == other


# ------------------------------------------------------------------------- one at a time


def test_a_server_moves_once_at_a_time(cell: Cell) -> None:
    server = str(uuid4())
    assert cell.read(lambda rows: rows.migrations.open(server)) is None
    first = put(cell, instance=server)
    second = made(instance=server)
    assert cell.write(lambda rows: rows.migrations.add(second)) is None
    assert cell.read(lambda rows: rows.migrations.get(second.uuid)) is None
    assert cell.read(lambda rows: rows.migrations.open(server)) == first
    for status in (Status.PRE_MIGRATING, Status.DONE):
        assert cell.write(lambda rows: rows.migrations.add(second)) is None
        after = replace(cell, first, status=status)
        assert after is not None
        first = after
    assert cell.read(lambda rows: rows.migrations.open(server)) is None
    again = cell.write(lambda rows: rows.migrations.add(second))
    assert cell.read(lambda rows: rows.migrations.open(server)) == again is not None
    assert cell.read(lambda rows: rows.migrations.open("\0")) is None


@pytest.mark.parametrize("status", Status)
def test_it_is_on_its_way_until_it_has_ended(cell: Cell, status: Status) -> None:
    one = put(cell, status=status)
    found = cell.read(lambda rows: rows.migrations.open(one.instance))
    assert found == (None if status in ENDED else one)
    for ended in (Status.ERROR, Status.DONE):
        history = put(cell, instance=one.instance, status=ended)
        assert cell.read(lambda rows, h=history: rows.migrations.get(h.uuid)) == history


def test_of_those_who_move_a_server_at_the_same_moment_one_does(
    settings: DatabaseSettings,
) -> None:
    stores: list[Storage] = [open_storage(settings), open_storage(settings)]
    try:
        cells = [store.cells.all()[0] for store in stores]
        for _ in range(ROUNDS):
            server, added = str(uuid4()), list[Migration | None]()

            def move(
                cell: Cell, server: str = server, into: list[Migration | None] = added
            ) -> None:
                one = made(instance=server)
                into.append(cell.write(lambda rows: rows.migrations.add(one)))

            assert at_once(*(lambda c=cell: move(c) for cell in cells * 3)) == []
            assert len(added) == 6
            (winner,) = [each for each in added if each is not None]
            assert cells[0].read(lambda rows, s=server: rows.migrations.open(s)) == winner
            assert find(cells[1], equal=[("instance_uuid", [server])]) == [winner]
    finally:
        for store in stores:
            store.close()


# ------------------------------------------------------------------------------------ due


def test_what_is_due_comes_the_most_urgent_first_then_the_oldest(cell: Cell) -> None:
    late = [
        put(cell, due_at=NOW, priority=priority, source_host=host)
        for host, priority in (("a", 0), ("b", 9), ("c", 0), ("d", -1))
    ]
    put(cell, due_at=NOW + SECOND, source_host="not yet")
    put(cell, due_at=None, source_host="waits for a word")
    put(cell, due_at=NOW, step=Step.RELEASE, source_host="another step")
    deleted = put(cell, due_at=NOW, source_host="deleted")
    replace(cell, deleted, deleted=True)
    due = cell.read(lambda rows: rows.migrations.due(Step.PLACE, NOW, 10))
    assert names(due) == ["b", "a", "c", "d"]
    assert due[0] == late[1]
    assert names(cell.read(lambda rows: rows.migrations.due(Step.PLACE, NOW, 2))) == ["b", "a"]
    assert len(cell.read(lambda rows: rows.migrations.due(Step.PLACE, NOW + SECOND, 10))) == 5
    assert cell.read(lambda rows: rows.migrations.due(Step.PLACE, NOW - SECOND, 10)) == []


# ---------------------------------------------------------------------------------- lists


def test_lists_have_the_newest_first_or_the_order_of_making(cell: Cell) -> None:
    for host, at in (("a", NOW), ("b", NOW + HOUR), ("c", NOW), ("d", NOW - HOUR)):
        put(cell, source_host=host, created_at=at)
    assert names(find(cell)) == ["b", "c", "a", "d"]
    assert names(find(cell, oldest_first=True)) == ["a", "b", "c", "d"]
    assert names(find(cell, limit=2)) == ["b", "c"]
    assert find(cell, limit=0) == []


def test_pages_hold_everything_once(cell: Cell) -> None:
    for host, at in zip("abcdef", (0, 1, 1, 1, 2, 0), strict=True):
        put(cell, source_host=host, created_at=NOW + at * SECOND)
    pages: list[Migration] = []
    after = None
    while page := find(cell, after=after, limit=2):
        pages += page
        after = page[-1]
    assert names(pages) == ["e", "d", "c", "b", "f", "a"]


def test_a_page_may_begin_behind_what_is_in_another_cell(cell: Cell) -> None:
    """Of the same moment and the same number, by uuid (contract 4.8)."""
    here = put(cell, uuid=str(UUID(int=5)))
    for other, behind in ((3, True), (7, False)):
        marker = here._replace(uuid=str(UUID(int=other)))
        assert find(cell, after=marker) == ([here] if behind else [])


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"equal": [("status", ["done"])]}, "b"),
        ({"equal": [("status", ["accepted", "done"])]}, "bca"),
        ({"equal": [("status", [])]}, ""),
        ({"equal": [("status", ["nonsense"])]}, ""),
        ({"equal": [("status", ["DONE"])]}, ""),
        ({"equal": [("type", ["evacuation"])]}, "ba"),
        ({"equal": [("type", ["evacuation"]), ("status", ["accepted"])]}, "a"),
        ({"equal": [("source_host", ["a"])]}, "a"),
        ({"equal": [("instance_uuid", ["i"])]}, "b"),
        ({"equal": [("user_id", ["bob"])]}, "b"),
        ({"equal": [("project_id", ["q"])]}, "bca"),
        ({"equal": [("project_id", ["\0"])]}, ""),
        ({"host": "a"}, "ca"),
        ({"host": "c"}, "c"),
        ({"host": "A"}, ""),
        ({"host": "a "}, ""),
        ({"host": "\0"}, ""),
        ({"host": "a", "equal": [("type", ["live-migration"])]}, "c"),
    ],
)
def test_filters_all_hold_and_match_exactly(
    cell: Cell, query: dict[str, object], expected: str
) -> None:
    put(cell, source_host="a")
    live = MigrationType.LIVE
    put(cell, source_host="c", dest_host="a", type=live, created_at=NOW + SECOND)
    other = {"instance": "i", "user_id": "bob", "status": Status.DONE}
    put(cell, source_host="b", dest_host="d", created_at=NOW + HOUR, **other)
    assert "".join(names(find(cell, **query))) == expected


def test_a_number_is_found_by_its_value(cell: Cell) -> None:
    one, _ = put(cell), put(cell)
    assert find(cell, equal=[("id", [one.id])]) == [one]
    assert find(cell, equal=[("id", [-1])]) == []


@pytest.mark.parametrize(
    ("since", "before", "expected"),
    [
        (None, None, "ba"), (0, None, "ba"), (1, None, "b"), (2, None, "b"), (3, None, ""),
        (None, 0, "a"), (None, 1, "a"), (None, 2, "ba"), (None, -1, ""),
        (0, 0, "a"), (2, 2, "b"), (1, 1, ""),
    ],
)  # fmt: skip
def test_a_time_is_that_of_the_last_change_both_ends_included(
    cell: Cell, since: int | None, before: int | None, expected: str
) -> None:
    """One that was never changed has changed when it was made."""
    put(cell, source_host="a")
    put(cell, source_host="b", updated_at=NOW + 2 * SECOND)
    at = {None: None} | {n: NOW + n * SECOND for n in range(-1, 4)}
    assert (
        "".join(names(find(cell, changed_since=at[since], changed_before=at[before]))) == expected
    )


def test_migrations_of_deleted_servers_are_not_there(cell: Cell) -> None:
    seen = put(cell, due_at=NOW)
    after = replace(cell, seen, deleted=True)
    assert after is not None
    assert find(cell) == find(cell, host=seen.source_host) == []
    assert cell.read(lambda rows: rows.migrations.get(seen.uuid)) is None
    assert cell.read(lambda rows: rows.migrations.open(seen.instance)) is None
    assert replace(cell, after, status=Status.FAILED) is not None
