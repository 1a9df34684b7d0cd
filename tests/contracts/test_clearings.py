"""What is still to be cleared up of deleted servers, on every database."""

from datetime import datetime, timedelta

from hostdown.services.cell_ports import Cell
from hostdown.services.clearing_ports import Clearing

NOW = datetime(2026, 3, 1, 12)
ONE = Clearing("i1", "pool", "", "ädmin", "req-1", 0, NOW)
OTHER = Clearing("i1", "", "a", "ädmin", "req-1", 0, NOW + timedelta(seconds=1))


def due(cell: Cell, seconds: float = 60, limit: int = 10) -> list[Clearing]:
    now = NOW + timedelta(seconds=seconds)
    return cell.read(lambda rows: rows.clearings.due(now, limit))


def add(cell: Cell, *made: Clearing) -> None:
    for each in made:
        cell.write(lambda rows, each=each: rows.clearings.add(each))  # type: ignore[misc] # now


def test_places_are_due_in_their_order_and_not_before_their_time(cell: Cell) -> None:
    add(cell, OTHER, ONE)
    assert due(cell) == [ONE, OTHER]
    assert due(cell, limit=1) == [ONE]
    assert due(cell, 0) == [ONE]
    assert due(cell, -1) == []


def test_one_that_is_remembered_again_stays_as_far_as_it_is(cell: Cell) -> None:
    add(cell, ONE)
    cell.write(lambda rows: rows.clearings.put(ONE, 7, NOW))
    add(cell, ONE)
    assert due(cell) == [ONE._replace(generation=7)]


def test_each_place_goes_on_and_ends_for_itself(cell: Cell) -> None:
    add(cell, ONE, OTHER)
    later = NOW + timedelta(seconds=5)
    cell.write(lambda rows: rows.clearings.put(OTHER, 3, later))
    assert due(cell) == [ONE, OTHER._replace(generation=3, due_at=later)]
    cell.write(lambda rows: rows.clearings.remove(OTHER))
    assert due(cell) == [ONE]
