"""Instances, who may run them, and what was asked of them."""

import sqlalchemy as sa
from alembic import op

from hostdown.storage.types import TABLE_OPTIONS, counter, exact, flag, long_text, time

revision = "c0004"
down_revision = "c0003"


def upgrade() -> None:
    op.add_column("changes", sa.Column("instance_uuid", exact(36)))
    _instances()
    _permits()
    _proofs()
    _host_assignments()
    _ledger()
    _instance_actions()
    _instance_action_events()


def _instances() -> None:
    op.create_table(
        "instances",
        sa.Column("id", counter(), primary_key=True, autoincrement=True),
        sa.Column("uuid", exact(36), nullable=False),
        sa.Column("project_id", exact(), nullable=False),
        sa.Column("user_id", exact(), nullable=False),
        sa.Column("name", exact(), nullable=False),
        sa.Column("hostname", exact(), nullable=False),
        sa.Column("description", exact()),
        sa.Column("host", exact()),
        sa.Column("node", exact()),
        sa.Column("zone", exact()),
        sa.Column("pinned_zone", exact()),
        sa.Column("vm_state", exact(32), nullable=False),
        sa.Column("task_state", exact(64)),
        sa.Column("power_state", sa.Integer, nullable=False),
        *_what(),
        *_when(),
        sa.UniqueConstraint("uuid", name="instances_uuid"),
        **TABLE_OPTIONS,
    )
    op.create_index("instances_host", "instances", ["host", "deleted", "created_at", "id"])
    op.create_index("instances_project", "instances", ["project_id", "deleted", "created_at", "id"])
    op.create_index("instances_created_at", "instances", ["deleted", "created_at", "id"])
    op.create_index("instances_updated_at", "instances", ["updated_at"])


def _what() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("wanted", exact(16), nullable=False),
        sa.Column("order_number", sa.BigInteger, nullable=False),
        sa.Column("reboot", exact(8)),
        sa.Column("vcpus", sa.Integer, nullable=False),
        sa.Column("memory_mb", sa.BigInteger, nullable=False),
        sa.Column("root_gb", sa.BigInteger, nullable=False),
        sa.Column("flavor", long_text(), nullable=False),
        sa.Column("image_id", exact(64), nullable=False),
        sa.Column("image", long_text(), nullable=False),
        sa.Column("network", exact(16), nullable=False),
        sa.Column("mac", exact(17), nullable=False),
        sa.Column("metadata", long_text(), nullable=False),
        sa.Column("hints", long_text(), nullable=False),
        sa.Column("group_uuid", exact(36)),
        sa.Column("locked_by", exact(16)),
        sa.Column("locked_reason", exact()),
        sa.Column("fault", long_text()),
        sa.Column("before_fault", long_text()),
        sa.Column("shown", long_text(), nullable=False),
    )


def _when() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("created_at", time(), nullable=False),
        sa.Column("updated_at", time()),
        sa.Column("launched_at", time()),
        sa.Column("terminated_at", time()),
        sa.Column("deleted_at", time()),
        sa.Column("deleted", flag(), nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
    )


def _permits() -> None:
    op.create_table(
        "permits",
        sa.Column("id", counter(), primary_key=True, autoincrement=True),
        sa.Column("instance_uuid", exact(36), nullable=False),
        sa.Column("generation", sa.BigInteger, nullable=False),
        sa.Column("host_id", exact(36), nullable=False),
        sa.Column("host", exact(), nullable=False),
        sa.Column("boot", sa.BigInteger, nullable=False),
        sa.Column("kind", exact(16), nullable=False),
        sa.Column("over", long_text(), nullable=False),
        sa.Column("disk", exact(16), nullable=False),
        sa.Column("data_gen", sa.BigInteger, nullable=False),
        sa.Column("state", exact(16), nullable=False),
        sa.Column("ended_by", long_text()),
        sa.Column("created_at", time(), nullable=False),
        sa.Column("ended_at", time()),
        sa.Column("open_key", exact(36)),
        sa.UniqueConstraint("instance_uuid", "generation", name="permits_generation"),
        sa.UniqueConstraint("open_key", name="permits_open_key"),
        **TABLE_OPTIONS,
    )
    op.create_index("permits_host", "permits", ["host_id", "state"])


def _proofs() -> None:
    op.create_table(
        "proofs",
        sa.Column("id", counter(), primary_key=True, autoincrement=True),
        sa.Column("host_id", exact(36), nullable=False),
        sa.Column("boot", sa.BigInteger, nullable=False),
        sa.Column("scope", exact(36), nullable=False),
        sa.Column("kind", exact(16), nullable=False),
        sa.Column("observed_at", time(), nullable=False),
        sa.Column("observer", exact(), nullable=False),
        sa.Column("evidence", long_text(), nullable=False),
        **TABLE_OPTIONS,
    )
    op.create_index("proofs_host", "proofs", ["host_id", "boot"])


def _host_assignments() -> None:
    op.create_table(
        "host_assignments",
        sa.Column("host_id", exact(36), primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        **TABLE_OPTIONS,
    )
    op.create_index("host_assignments_version", "host_assignments", ["version"])


def _ledger() -> None:
    op.create_table(
        "ledger",
        sa.Column("name", exact(16), primary_key=True),
        sa.Column("database_id", exact(36), nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        **TABLE_OPTIONS,
    )


def _instance_actions() -> None:
    op.create_table(
        "instance_actions",
        sa.Column("id", counter(), primary_key=True, autoincrement=True),
        sa.Column("instance_uuid", exact(36), nullable=False),
        sa.Column("action", exact(), nullable=False),
        sa.Column("request_id", exact(), nullable=False),
        sa.Column("user_id", exact(), nullable=False),
        sa.Column("project_id", exact()),
        sa.Column("message", exact()),
        sa.Column("start_time", time(), nullable=False),
        sa.Column("updated_at", time(), nullable=False),
        sa.UniqueConstraint("instance_uuid", "request_id", name="instance_actions_request"),
        **TABLE_OPTIONS,
    )
    op.create_index("instance_actions_instance", "instance_actions", ["instance_uuid", "id"])


def _instance_action_events() -> None:
    op.create_table(
        "instance_action_events",
        sa.Column("id", counter(), primary_key=True, autoincrement=True),
        sa.Column("action_id", sa.BigInteger, nullable=False),
        sa.Column("instance_uuid", exact(36), nullable=False),
        sa.Column("order_number", sa.BigInteger, nullable=False),
        sa.Column("event", exact(), nullable=False),
        sa.Column("host", exact()),
        sa.Column("start_time", time(), nullable=False),
        sa.Column("finish_time", time()),
        sa.Column("result", exact(16)),
        sa.Column("details", long_text()),
        **TABLE_OPTIONS,
    )
    op.create_index("instance_action_events_action", "instance_action_events", ["action_id", "id"])
    op.create_index(
        "instance_action_events_order", "instance_action_events", ["instance_uuid", "order_number"]
    )
