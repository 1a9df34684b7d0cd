"""The last check of each host's fencing, on every database."""

from datetime import datetime, timedelta

from hostdown.domain.fence_checks import FenceCheck, LevelSeen
from hostdown.services.cell_ports import Cell

AT = datetime(2026, 3, 1, 12, 0, 0, 250)
LEVELS = (LevelSeen(1, "redfish", "on", None), LevelSeen(2, "fence_agent", None, "Zu spät: 'x'"))
BAD = FenceCheck("a", AT, 3, AT - timedelta(hours=1), LEVELS, None)
LOST = FenceCheck("A", AT, 1, AT, (), "No rule matches.")
GOOD = FenceCheck("a", AT + timedelta(hours=1), 0, None, LEVELS[:1], None)


def put(cell: Cell, made: FenceCheck) -> None:
    cell.write(lambda rows: rows.fence_checks.put(made))


def test_the_last_one_of_each_host_is_kept(cell: Cell) -> None:
    assert cell.read(lambda rows: rows.fence_checks.get("a")) is None
    put(cell, BAD)
    put(cell, LOST)
    assert cell.read(lambda rows: rows.fence_checks.get("a")) == BAD
    put(cell, GOOD)
    assert cell.read(lambda rows: rows.fence_checks.get("a")) == GOOD
    assert cell.read(lambda rows: rows.fence_checks.get("A")) == LOST
    assert cell.read(lambda rows: rows.fence_checks.get("a\0")) is None
    found = cell.read(lambda rows: rows.fence_checks.all())
    assert found == [LOST, GOOD]


def test_those_of_hosts_that_are_gone_are_forgotten(cell: Cell) -> None:
    put(cell, GOOD)
    put(cell, LOST)
    cell.write(lambda rows: rows.fence_checks.forget("a"))
    assert cell.read(lambda rows: rows.fence_checks.all()) == [LOST]
