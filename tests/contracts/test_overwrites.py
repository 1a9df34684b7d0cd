"""Only what differs is written over a row: so each field alone has to arrive, on every database."""

from collections.abc import Mapping
from typing import Any

import pytest
from tests.contracts.test_instances import FLAVOR, IMAGE, NOW, SECOND, instance
from tests.contracts.test_migrations import HOUR, made

from hostdown.domain.instance import Before, Extras, Fault, Instance
from hostdown.domain.migration import Migration, MigrationType, Status, Step, Wish
from hostdown.services.cell_ports import Cell, CellRows

KEPT = ("id", "revision")
OTHER = "22222222-2222-2222-2222-222222222222"


def other_instance() -> Instance:
    """One that differs from `instance()` in each field but those that never change."""
    return instance(
        uuid=OTHER,
        project_id="q",
        user_id="v",
        name="a",
        hostname="b",
        description="x",
        host="compute1",
        node="n",
        zone="z",
        pinned_zone="y",
        vm_state="error",
        task_state="deleting",
        power_state=4,
        wanted="gone",
        order=2,
        reboot="hard",
        flavor=FLAVOR._replace(vcpus=3, memory_mb=1, root_gb=2, extra_specs={}),
        image=IMAGE,
        image_properties={"os_type": "linux"},
        network="n",
        mac="52:54:00:00:00:02",
        metadata={"k": "v"},
        hints={"group": "g"},
        group=OTHER,
        locked_by="owner",
        locked_reason="r",
        fault=Fault(500, "m", "d", NOW),
        before=Before("active", 1, "running"),
        extras=Extras("10.0.0.1"),
        created_at=NOW + SECOND,
        updated_at=NOW,
        launched_at=NOW,
        terminated_at=NOW,
        deleted_at=NOW,
        deleted=True,
    )


def other_migration() -> Migration:
    """As `other_instance`."""
    return made(
        uuid=OTHER,
        instance=OTHER,
        type=MigrationType.LIVE,
        status=Status.DONE,
        source_host="s",
        source_node="s.node",
        dest_host="b",
        dest_node="b.node",
        dest_ip="2001:db8::1",
        user_id="x",
        project_id="y",
        request_id="z",
        created_at=NOW + SECOND,
        updated_at=NOW,
        deleted=True,
        wish=Wish("b", True, "x", "stopped"),
        old_flavor=FLAVOR,
        new_flavor=FLAVOR,
        generation=7,
        source_number=2**40,
        tried={"c": "full"},
        reason="none",
        priority=-3,
        step=Step.BACK,
        due_at=NOW + HOUR,
        progress={"memory_total_bytes": 1},
    )


def test_each_field_of_an_instance_is_written_alone(cell: Cell) -> None:
    other = other_instance()

    def work(rows: CellRows) -> None:
        seen = rows.instances.add(instance())
        for field in Instance._fields:
            if field in KEPT:
                continue
            wanted = seen._replace(**{field: getattr(other, field)})
            assert wanted != seen, field
            after = rows.instances.replace(seen, wanted)
            assert after == wanted._replace(revision=seen.revision + 1)
            assert rows.instances.get(after.uuid, deleted=True) == after, field
            seen = after

    cell.write(work)


def test_each_field_of_a_migration_is_written_alone(cell: Cell) -> None:
    """That it is deleted comes last: one that is deleted is not shown any more."""
    other = other_migration()

    def work(rows: CellRows) -> None:
        seen = rows.migrations.add(made())
        for field in sorted(Migration._fields, key="deleted".__eq__):
            if field in KEPT or seen is None:
                continue
            wanted = seen._replace(**{field: getattr(other, field)})
            assert wanted != seen, field
            after = rows.migrations.replace(seen, wanted)
            assert after == wanted._replace(revision=seen.revision + 1)
            there = rows.migrations.get(after.uuid)
            assert there == (None if field == "deleted" else after), field
            seen = after

    cell.write(work)


@pytest.mark.parametrize(
    "facts", [{"status": Status.FAILED}, {"deleted": True}, {"instance": OTHER}]
)
def test_a_server_may_move_again_whatever_ended_its_move(
    cell: Cell, facts: Mapping[str, Any]
) -> None:
    def work(rows: CellRows) -> None:
        seen = rows.migrations.add(made())
        assert seen is not None
        assert rows.migrations.open(seen.instance) == seen
        rows.migrations.replace(seen, seen._replace(**facts))
        assert rows.migrations.open(seen.instance) is None

    cell.write(work)
