"""A cell's tables as they are after its newest migration; names differ from the directory's."""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    MetaData,
    Table,
    UniqueConstraint,
    text,
)

from hostdown.storage.types import TABLE_OPTIONS, counter, exact, flag, long_text, time

metadata = MetaData()

services = Table(
    "services",
    metadata,
    Column("id", counter(), primary_key=True, autoincrement=True),
    Column("uuid", exact(36), nullable=False),
    Column("host", exact(), nullable=False),
    Column("binary", exact(), nullable=False),
    Column("disabled", flag(), nullable=False),
    Column("disabled_reason", exact()),
    Column("forced_down", flag(), nullable=False),
    # Not indexed: every report would rewrite the index (DESIGN §4.6).
    Column("last_seen_up", time()),
    Column("report_count", BigInteger, nullable=False, server_default=text("0")),
    Column("report_sequence", BigInteger, nullable=False, server_default=text("0")),
    Column("created_at", time(), nullable=False),
    Column("updated_at", time()),
    # 0, or the id once deleted, so that a name can be used again (contract 2.9).
    Column("deleted", BigInteger, nullable=False, server_default=text("0")),
    Column("deleted_at", time()),
    Column("changed_at", BigInteger, nullable=False, server_default=text("0")),
    UniqueConstraint("uuid", name="services_uuid"),
    Index("services_changed_at", "changed_at"),
    UniqueConstraint("host", "binary", "deleted", name="services_host_binary"),
    **TABLE_OPTIONS,
)

compute_nodes = Table(
    "compute_nodes",
    metadata,
    Column("id", counter(), primary_key=True, autoincrement=True),
    Column("uuid", exact(36), nullable=False),
    Column("service_id", BigInteger, nullable=False),
    Column("host", exact(), nullable=False),
    Column("vcpus", Integer, nullable=False),
    Column("memory_mb", BigInteger, nullable=False),
    Column("local_gb", BigInteger, nullable=False),
    Column("vcpus_used", Integer, nullable=False),
    Column("memory_mb_used", BigInteger, nullable=False),
    Column("local_gb_used", BigInteger, nullable=False),
    Column("running_vms", Integer, nullable=False),
    Column("hypervisor_type", exact(), nullable=False),
    Column("hypervisor_version", BigInteger, nullable=False),
    Column("hypervisor_hostname", exact(), nullable=False),
    Column("host_ip", exact(64), nullable=False),
    Column("cpu_info", long_text(), nullable=False),
    Column("booted_at", time()),
    Column("created_at", time(), nullable=False),
    Column("updated_at", time()),
    Column("deleted", BigInteger, nullable=False, server_default=text("0")),
    Column("deleted_at", time()),
    UniqueConstraint("uuid", name="compute_nodes_uuid"),
    Index("compute_nodes_host", "host"),
    UniqueConstraint("service_id", "deleted", name="compute_nodes_service"),
    **TABLE_OPTIONS,
)

refusals = Table(
    "refusals",
    metadata,
    Column("host", exact(), primary_key=True),
    Column("reason", exact(), primary_key=True),
    Column("times", BigInteger, nullable=False),
    Column("last_at", time(), nullable=False),
    **TABLE_OPTIONS,
)

changes = Table(
    "changes",
    metadata,
    Column("id", counter(), primary_key=True, autoincrement=True),
    Column("at", time(), nullable=False),
    Column("host", exact(), nullable=False),
    Column("service_uuid", exact(36), nullable=False),
    Column("event_type", exact(), nullable=False),
    Column("user_id", exact(), nullable=False),
    Column("user_name", exact(), nullable=False),
    Column("project_id", exact()),
    Column("roles", long_text(), nullable=False),
    Column("request_id", exact(), nullable=False),
    Column("global_request_id", exact()),
    Column("before", long_text(), nullable=False),
    Column("after", long_text(), nullable=False),
    Index("changes_host", "host", "id"),
    **TABLE_OPTIONS,
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", counter(), primary_key=True, autoincrement=True),
    Column("created_at", time(), nullable=False),
    Column("host", exact(), nullable=False),
    Column("event_type", exact(), nullable=False),
    Column("payload", long_text(), nullable=False),
    Column("request_id", exact(), nullable=False),
    **TABLE_OPTIONS,
)
