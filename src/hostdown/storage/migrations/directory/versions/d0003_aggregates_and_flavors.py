"""Aggregates, flavors, and who changed them."""

import sqlalchemy as sa
from alembic import op

from hostdown.storage.types import TABLE_OPTIONS, counter, exact, flag, long_text, time

revision = "d0003"
down_revision = "d0002"

FLAVORS = (
    # flavorid, name, vcpus, memory_mb, root_gb
    ("1", "m1.tiny", 1, 512, 1),
    ("2", "m1.small", 1, 2048, 20),
    ("3", "m1.medium", 2, 4096, 40),
    ("4", "m1.large", 4, 8192, 80),
    ("5", "m1.xlarge", 8, 16384, 160),
)
"""What a new deployment begins with; sizes that every operator of a Compute API knows."""


def upgrade() -> None:
    _aggregates()
    op.create_table(
        "revisions",
        sa.Column("name", exact(), primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False),
        **TABLE_OPTIONS,
    )
    _flavors()
    _journal()


def _aggregates() -> None:
    op.create_table(
        "aggregates",
        sa.Column("id", counter(), primary_key=True, autoincrement=True),
        sa.Column("uuid", exact(36), nullable=False),
        sa.Column("name", exact(), nullable=False),
        sa.Column("created_at", time(), nullable=False),
        sa.Column("updated_at", time()),
        sa.UniqueConstraint("uuid", name="aggregates_uuid"),
        sa.UniqueConstraint("name", name="aggregates_name"),
        **TABLE_OPTIONS,
    )
    op.create_table(
        "aggregate_hosts",
        sa.Column("id", counter(), primary_key=True, autoincrement=True),
        sa.Column("aggregate_id", sa.BigInteger, nullable=False),
        sa.Column("host", exact(), nullable=False),
        sa.UniqueConstraint("aggregate_id", "host", name="aggregate_hosts_host"),
        **TABLE_OPTIONS,
    )
    op.create_index("aggregate_hosts_by_host", "aggregate_hosts", ["host"])
    op.create_table(
        "aggregate_metadata",
        sa.Column("aggregate_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("key", exact(), primary_key=True),
        sa.Column("value", exact(), nullable=False),
        **TABLE_OPTIONS,
    )


def _flavors() -> None:
    flavors = op.create_table(
        "flavors",
        sa.Column("id", counter(), primary_key=True, autoincrement=True),
        sa.Column("flavorid", exact(), nullable=False),
        sa.Column("name", exact(), nullable=False),
        sa.Column("vcpus", sa.Integer, nullable=False),
        sa.Column("memory_mb", sa.BigInteger, nullable=False),
        sa.Column("root_gb", sa.BigInteger, nullable=False),
        sa.Column("ephemeral_gb", sa.BigInteger, nullable=False),
        sa.Column("swap_mb", sa.BigInteger, nullable=False),
        sa.Column("rxtx_factor", sa.Double, nullable=False),
        sa.Column("is_public", flag(), nullable=False),
        sa.Column("disabled", flag(), nullable=False),
        sa.Column("description", long_text()),
        sa.Column("extra_specs", long_text(), nullable=False),
        sa.UniqueConstraint("flavorid", name="flavors_flavorid"),
        sa.UniqueConstraint("name", name="flavors_name"),
        **TABLE_OPTIONS,
    )
    rest = {
        "ephemeral_gb": 0,
        "swap_mb": 0,
        "rxtx_factor": 1.0,
        "is_public": True,
        "disabled": False,
        "extra_specs": "{}",
    }
    names = ("flavorid", "name", "vcpus", "memory_mb", "root_gb")
    op.bulk_insert(flavors, [dict(zip(names, row, strict=True)) | rest for row in FLAVORS])


def _journal() -> None:
    op.create_table(
        "directory_changes",
        sa.Column("id", counter(), primary_key=True, autoincrement=True),
        sa.Column("at", time(), nullable=False),
        sa.Column("subject", exact(), nullable=False),
        sa.Column("event_type", exact(), nullable=False),
        sa.Column("user_id", exact(), nullable=False),
        sa.Column("user_name", exact(), nullable=False),
        sa.Column("project_id", exact()),
        sa.Column("roles", long_text(), nullable=False),
        sa.Column("request_id", exact(), nullable=False),
        sa.Column("global_request_id", exact()),
        sa.Column("before", long_text(), nullable=False),
        sa.Column("after", long_text(), nullable=False),
        **TABLE_OPTIONS,
    )
    op.create_index("directory_changes_subject", "directory_changes", ["subject", "id"])
    op.create_table(
        "directory_outbox",
        sa.Column("id", counter(), primary_key=True, autoincrement=True),
        sa.Column("created_at", time(), nullable=False),
        sa.Column("subject", exact(), nullable=False),
        sa.Column("event_type", exact(), nullable=False),
        sa.Column("payload", long_text(), nullable=False),
        sa.Column("request_id", exact(), nullable=False),
        **TABLE_OPTIONS,
    )
