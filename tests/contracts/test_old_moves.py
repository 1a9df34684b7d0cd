"""Migrations and recoveries go by their age once they are over, on every database."""

from datetime import datetime

import pytest
from tests.contracts.old_setting import BEFORE, OLD, drop, held
from tests.contracts.test_migrations import put, replace
from tests.contracts.test_recoveries import made as recovery

from hostdown.domain.migration import SETTLED, MigrationType, Status, Step
from hostdown.domain.recovery import OVER, Stage
from hostdown.domain.slots import Do
from hostdown.services.cell_ports import Cell, CellRows
from hostdown.services.recovery_ports import Entry, Recovery
from hostdown.services.retention_ports import Kind
from hostdown.services.watchdog_ports import NoGrant, SlotOrder
from hostdown.storage import DatabaseSettings
from hostdown.storage.migration_tables import migrations
from hostdown.storage.recovery_tables import recovery_entries
from hostdown.storage.watchdog_tables import slot_orders

# ----------------------------------------------------------------------------- migrations


def moved(cell: Cell, **facts: object) -> str:
    plain = {"created_at": OLD, "updated_at": OLD, "step": Step.NONE}
    return put(cell, **{**plain, "status": Status.COMPLETED, **facts}).uuid


def there(cell: Cell, *uuids: str) -> list[bool]:
    return [cell.read(lambda rows, of=of: rows.migrations.get(of)) is not None for of in uuids]  # type: ignore[misc] # a lambda's default


@pytest.mark.parametrize("status", sorted(SETTLED))
def test_an_old_migration_that_is_over_goes(cell: Cell, status: Status) -> None:
    uuids = [
        moved(cell, status=status),
        moved(cell, status=status, updated_at=None),
        moved(cell, status=status, updated_at=BEFORE),
        moved(cell, status=status, created_at=BEFORE, updated_at=None),
    ]
    assert drop(cell, Kind.MIGRATIONS) == 2
    assert there(cell, *uuids) == [False, False, True, True]


@pytest.mark.parametrize("status", sorted(frozenset(Status) - SETTLED))
def test_one_that_goes_on_or_whose_source_is_not_cleared_up_stays(
    cell: Cell, status: Status
) -> None:
    uuid = moved(cell, status=status)
    assert drop(cell, Kind.MIGRATIONS) == 0
    assert there(cell, uuid) == [True]


def test_one_of_which_a_step_is_due_stays(cell: Cell) -> None:
    uuid = moved(cell, status=Status.ERROR, type=MigrationType.LIVE, step=Step.BACK)
    assert drop(cell, Kind.MIGRATIONS) == 0
    assert there(cell, uuid) == [True]


def test_those_of_a_deleted_server_are_over_and_go(cell: Cell, settings: DatabaseSettings) -> None:
    for status, at in ((Status.DONE, OLD), (Status.FINISHED, BEFORE)):
        seen = put(cell, created_at=OLD, updated_at=at, step=Step.NONE, status=status)
        assert replace(cell, seen, deleted=True)
    assert drop(cell, Kind.MIGRATIONS) == 1
    assert held(settings, migrations, "status") == [Status.FINISHED.value]


def test_a_batch_of_migrations_is_bounded(cell: Cell) -> None:
    for _ in range(3):
        moved(cell)
    assert [drop(cell, Kind.MIGRATIONS, 2) for _ in range(2)] == [2, 1]


# ----------------------------------------------------------------------------- recoveries


def recovered(cell: Cell, host: str, stage: Stage, ended_at: datetime | None = OLD) -> Recovery:
    def work(rows: CellRows) -> Recovery:
        begun = rows.recoveries.add(recovery(host))
        assert begun is not None
        rows.timelines.add(begun.id, Entry(OLD, "It is silent.", {}))
        order = SlotOrder(0, begun.id, begun.host_id, 3, "pool", "reader", Do.READ, OLD)
        rows.slot_orders.add([order])
        after = begun._replace(stage=stage, ended_at=ended_at)
        return rows.recoveries.replace(begun, after) or begun

    return cell.write(work)


def recoveries(cell: Cell) -> list[Recovery]:
    return cell.read(lambda rows: rows.recoveries.find(100))


@pytest.mark.parametrize("stage", sorted(OVER))
def test_an_old_recovery_that_is_over_goes_with_its_timeline_and_its_orders(
    cell: Cell, settings: DatabaseSettings, stage: Stage
) -> None:
    recovered(cell, "a", stage)
    young = recovered(cell, "a", stage, BEFORE)
    assert drop(cell, Kind.RECOVERIES) == 1
    assert recoveries(cell) == [young]
    assert held(settings, recovery_entries, "recovery_id") == [young.id]
    assert held(settings, slot_orders, "recovery") == [young.id]


@pytest.mark.parametrize("stage", sorted(frozenset(Stage) - OVER))
def test_one_that_is_not_over_stays_however_old(cell: Cell, stage: Stage) -> None:
    there = [recovered(cell, "b", stage), recovered(cell, "a", stage, None)]
    assert drop(cell, Kind.RECOVERIES) == 0
    assert recoveries(cell) == there[::-1]


def test_one_whose_mark_is_in_force_stays(cell: Cell) -> None:
    marked, other = recovered(cell, "a", Stage.VOID), recovered(cell, "b", Stage.VOID)
    mark = NoGrant(marked.host_id, marked.boot, marked.id, OLD)
    cell.write(lambda rows: rows.no_grants.put(mark))
    assert drop(cell, Kind.RECOVERIES) == 1
    assert recoveries(cell) == [marked]
    assert other.id != marked.id
    cell.write(lambda rows: rows.no_grants.lift(marked.host_id, marked.id))
    assert drop(cell, Kind.RECOVERIES) == 1


def test_one_that_is_marked_after_it_was_found_stays(cell: Cell) -> None:
    seen = recovered(cell, "a", Stage.VOID)
    found = cell.read(lambda rows: rows.old.found(Kind.RECOVERIES, BEFORE, 9))
    assert found == [seen.id]
    mark = NoGrant(seen.host_id, seen.boot, seen.id, OLD)
    cell.write(lambda rows: rows.no_grants.put(mark))
    assert cell.write(lambda rows: rows.old.drop(Kind.RECOVERIES, BEFORE, found)) == 0
    assert recoveries(cell) == [seen]


def test_a_batch_of_recoveries_is_bounded(cell: Cell) -> None:
    for host in "abc":
        recovered(cell, host, Stage.RETURNED)
    assert [drop(cell, Kind.RECOVERIES, 2) for _ in range(2)] == [2, 1]
