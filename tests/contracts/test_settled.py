"""How far hosts are through with what they were told, on every database."""

import pytest

from hostdown.services.cell_ports import Cell


@pytest.fixture
def told(cell: Cell) -> Cell:
    """Host a at version 5, host b at version 6."""
    cell.write(lambda rows: rows.ledger.changed(["a"], 5))
    cell.write(lambda rows: rows.ledger.changed(["b"], 6))
    return cell


def of(cell: Cell) -> list[int]:
    return cell.read(lambda rows: [rows.settled.of(host) for host in ("a", "b", "c")])


def keep(cell: Cell, host: str, version: int) -> bool:
    return cell.write(lambda rows: rows.settled.keep(host, version))


def test_it_only_grows_and_only_one_host_s(told: Cell) -> None:
    assert of(told) == [0, 0, 0]
    assert [keep(told, "a", each) for each in (3, 3, 2, 0, 5)] == [True, False, False, False, True]
    assert of(told) == [5, 0, 0]


def test_it_is_never_above_what_the_host_was_told(told: Cell) -> None:
    assert not keep(told, "a", 6)
    assert not keep(told, "c", 1)
    assert of(told) == [0, 0, 0]


def test_what_changes_later_leaves_it_as_it_is(told: Cell) -> None:
    keep(told, "b", 6)
    told.write(lambda rows: rows.ledger.changed(["a", "b"], 9))
    assert of(told) == [0, 6, 0]
    assert told.read(lambda rows: rows.ledger.changed_since(8)) == [("a", 9), ("b", 9)]
    assert keep(told, "b", 9)
