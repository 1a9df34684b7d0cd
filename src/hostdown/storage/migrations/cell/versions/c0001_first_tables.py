"""Services, compute nodes, refused reports, the journal and the outbox."""

import sqlalchemy as sa
from alembic import op

from hostdown.storage.types import TABLE_OPTIONS, counter, exact, flag, long_text, time

revision = "c0001"
down_revision = None


def upgrade() -> None:
    _services()
    _compute_nodes()
    op.create_table(
        "refusals",
        sa.Column("host", exact(), primary_key=True),
        sa.Column("reason", exact(), primary_key=True),
        sa.Column("times", sa.BigInteger, nullable=False),
        sa.Column("last_at", time(), nullable=False),
        **TABLE_OPTIONS,
    )
    _journal()


def _services() -> None:
    op.create_table(
        "services",
        sa.Column("id", counter(), primary_key=True, autoincrement=True),
        sa.Column("uuid", exact(36), nullable=False),
        sa.Column("host", exact(), nullable=False),
        sa.Column("binary", exact(), nullable=False),
        sa.Column("disabled", flag(), nullable=False),
        sa.Column("disabled_reason", exact()),
        sa.Column("forced_down", flag(), nullable=False),
        sa.Column("last_seen_up", time()),
        sa.Column("report_count", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.Column("report_sequence", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.Column("created_at", time(), nullable=False),
        sa.Column("updated_at", time()),
        sa.Column("deleted", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.Column("deleted_at", time()),
        sa.UniqueConstraint("uuid", name="services_uuid"),
        sa.UniqueConstraint("host", "binary", "deleted", name="services_host_binary"),
        **TABLE_OPTIONS,
    )


def _compute_nodes() -> None:
    op.create_table(
        "compute_nodes",
        sa.Column("id", counter(), primary_key=True, autoincrement=True),
        sa.Column("uuid", exact(36), nullable=False),
        sa.Column("service_id", sa.BigInteger, nullable=False),
        sa.Column("host", exact(), nullable=False),
        sa.Column("vcpus", sa.Integer, nullable=False),
        sa.Column("memory_mb", sa.BigInteger, nullable=False),
        sa.Column("local_gb", sa.BigInteger, nullable=False),
        sa.Column("vcpus_used", sa.Integer, nullable=False),
        sa.Column("memory_mb_used", sa.BigInteger, nullable=False),
        sa.Column("local_gb_used", sa.BigInteger, nullable=False),
        sa.Column("running_vms", sa.Integer, nullable=False),
        sa.Column("hypervisor_type", exact(), nullable=False),
        sa.Column("hypervisor_version", sa.BigInteger, nullable=False),
        sa.Column("hypervisor_hostname", exact(), nullable=False),
        sa.Column("host_ip", exact(64), nullable=False),
        sa.Column("cpu_info", long_text(), nullable=False),
        sa.Column("uptime", long_text(), nullable=False),
        sa.Column("created_at", time(), nullable=False),
        sa.Column("updated_at", time()),
        sa.Column("deleted", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.Column("deleted_at", time()),
        sa.UniqueConstraint("uuid", name="compute_nodes_uuid"),
        sa.UniqueConstraint("service_id", "deleted", name="compute_nodes_service"),
        **TABLE_OPTIONS,
    )
    op.create_index("compute_nodes_host", "compute_nodes", ["host"])


def _journal() -> None:
    op.create_table(
        "changes",
        sa.Column("id", counter(), primary_key=True, autoincrement=True),
        sa.Column("at", time(), nullable=False),
        sa.Column("host", exact(), nullable=False),
        sa.Column("service_uuid", exact(36), nullable=False),
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
    op.create_index("changes_host", "changes", ["host", "id"])
    op.create_table(
        "outbox",
        sa.Column("id", counter(), primary_key=True, autoincrement=True),
        sa.Column("created_at", time(), nullable=False),
        sa.Column("host", exact(), nullable=False),
        sa.Column("event_type", exact(), nullable=False),
        sa.Column("payload", long_text(), nullable=False),
        sa.Column("request_id", exact(), nullable=False),
        **TABLE_OPTIONS,
    )
