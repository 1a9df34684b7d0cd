"""A cell's tables as they are after its newest migration; names differ from the directory's."""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    MetaData,
    Table,
    UniqueConstraint,
    false,
    text,
)

from hostdown.storage.audit import audit_columns
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
    # Since when most observers find its host silent; NULL as long as they hear it.
    Column("unreachable_at", time()),
    # Whether owners of servers there were told last that it is silent.
    Column("told_silent", flag(), nullable=False, server_default=false()),
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
    # The pool of its instances, "" where it does not say, and what keeps a second writer from it.
    Column("pool_id", exact(36), nullable=False, server_default=text("''")),
    Column("pool_class", exact(36), nullable=False, server_default=text("''")),
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
    # "" where it is an instance that changed; instance_uuid is NULL where it is a service.
    Column("service_uuid", exact(36), nullable=False),
    Column("instance_uuid", exact(36)),
    *audit_columns(),
    Index("changes_host", "host", "id"),
    Index("changes_at", "at"),
    **TABLE_OPTIONS,
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", counter(), primary_key=True, autoincrement=True),
    Column("uuid", exact(36), nullable=False, server_default=text("''")),
    Column("created_at", time(), nullable=False),
    Column("host", exact(), nullable=False),
    Column("event_type", exact(), nullable=False),
    Column("payload", long_text(), nullable=False),
    Column("request_id", exact(), nullable=False),
    # What it means for servers (`domain.host_words`): JSON, where it means anything.
    Column("about", long_text()),
    **TABLE_OPTIONS,
)

instances = Table(
    "instances",
    metadata,
    Column("id", counter(), primary_key=True, autoincrement=True),
    Column("uuid", exact(36), nullable=False),
    Column("project_id", exact(), nullable=False),
    Column("user_id", exact(), nullable=False),
    Column("name", exact(), nullable=False),
    Column("hostname", exact(), nullable=False),
    Column("description", exact()),
    # What the API shows; who may run it is in permits.
    Column("host", exact()),
    Column("node", exact()),
    Column("zone", exact()),
    Column("pinned_zone", exact()),
    Column("vm_state", exact(32), nullable=False),
    Column("task_state", exact(64)),
    Column("power_state", Integer, nullable=False),
    Column("wanted", exact(16), nullable=False),
    Column("order_number", BigInteger, nullable=False),
    Column("reboot", exact(8)),
    Column("vcpus", Integer, nullable=False),
    Column("memory_mb", BigInteger, nullable=False),
    Column("root_gb", BigInteger, nullable=False),
    # JSON: the rest of the flavor, as it was when the server was made.
    Column("flavor", long_text(), nullable=False),
    # "" for an empty disk.
    Column("image_id", exact(64), nullable=False),
    # JSON: the image's bytes and properties, as they were when the server was made.
    Column("image", long_text(), nullable=False),
    Column("network", exact(16), nullable=False),
    Column("mac", exact(17), nullable=False),
    # JSON objects.
    Column("metadata", long_text(), nullable=False),
    Column("hints", long_text(), nullable=False),
    Column("group_uuid", exact(36)),
    Column("locked_by", exact(16)),
    Column("locked_reason", exact()),
    # JSON, or NULL: the newest fault; what the server was before its host was reported down.
    Column("fault", long_text()),
    Column("before_fault", long_text()),
    # JSON: what is only shown.
    Column("shown", long_text(), nullable=False),
    Column("created_at", time(), nullable=False),
    Column("updated_at", time()),
    Column("launched_at", time()),
    Column("terminated_at", time()),
    Column("deleted_at", time()),
    Column("deleted", flag(), nullable=False),
    # Grows with every change: what a change is compared and set by.
    Column("revision", BigInteger, nullable=False),
    UniqueConstraint("uuid", name="instances_uuid"),
    Index("instances_host", "host", "deleted", "created_at", "id"),
    Index("instances_project", "project_id", "deleted", "created_at", "id"),
    Index("instances_created_at", "deleted", "created_at", "id"),
    Index("instances_updated_at", "updated_at"),
    Index("instances_deleted_at", "deleted", "deleted_at", "id"),
    **TABLE_OPTIONS,
)

permits = Table(
    "permits",
    metadata,
    Column("id", counter(), primary_key=True, autoincrement=True),
    Column("instance_uuid", exact(36), nullable=False),
    Column("generation", BigInteger, nullable=False),
    Column("host_id", exact(36), nullable=False),
    Column("host", exact(), nullable=False),
    Column("boot", BigInteger, nullable=False),
    Column("kind", exact(16), nullable=False),
    # JSON: holders, each a generation, a host id and a boot.
    Column("over", long_text(), nullable=False),
    Column("disk", exact(16), nullable=False),
    Column("data_gen", BigInteger, nullable=False),
    Column("state", exact(16), nullable=False),
    # JSON, once ended: surrender, a proof, or an operator's word.
    Column("ended_by", long_text()),
    Column("created_at", time(), nullable=False),
    Column("ended_at", time()),
    # The instance while the permit to run it is not ended, else NULL (NEVER-TWICE P1).
    Column("open_key", exact(36)),
    # Its host is to surrender it (NEVER-TWICE W3).
    Column("asked_back", flag(), nullable=False, server_default=false()),
    # Of one generation there are two only where a database lost one of them (NEVER-TWICE P5).
    UniqueConstraint("instance_uuid", "generation", "host_id", name="permits_generation"),
    UniqueConstraint("open_key", name="permits_open_key"),
    Index("permits_host", "host_id", "state"),
    **TABLE_OPTIONS,
)

proofs = Table(
    "proofs",
    metadata,
    Column("id", counter(), primary_key=True, autoincrement=True),
    Column("host_id", exact(36), nullable=False),
    # The last boot that it covers, never a later one (NEVER-TWICE F1).
    Column("boot", BigInteger, nullable=False),
    Column("scope", exact(36), nullable=False),
    Column("kind", exact(16), nullable=False),
    Column("observed_at", time(), nullable=False),
    Column("observer", exact(), nullable=False),
    # JSON.
    Column("evidence", long_text(), nullable=False),
    # When what it covers was heard after it: from then on it proves nothing (NEVER-TWICE F5).
    Column("voided_at", time()),
    Index("proofs_host", "host_id", "boot"),
    **TABLE_OPTIONS,
)

instance_actions = Table(
    "instance_actions",
    metadata,
    Column("id", counter(), primary_key=True, autoincrement=True),
    Column("instance_uuid", exact(36), nullable=False),
    Column("action", exact(), nullable=False),
    Column("request_id", exact(), nullable=False),
    Column("user_id", exact(), nullable=False),
    Column("project_id", exact()),
    Column("message", exact()),
    Column("start_time", time(), nullable=False),
    Column("updated_at", time(), nullable=False),
    UniqueConstraint("instance_uuid", "request_id", name="instance_actions_request"),
    Index("instance_actions_instance", "instance_uuid", "id"),
    Index("instance_actions_updated_at", "updated_at"),
    **TABLE_OPTIONS,
)

instance_action_events = Table(
    "instance_action_events",
    metadata,
    Column("id", counter(), primary_key=True, autoincrement=True),
    Column("action_id", BigInteger, nullable=False),
    Column("instance_uuid", exact(36), nullable=False),
    # The order whose outcome ends it.
    Column("order_number", BigInteger, nullable=False),
    Column("event", exact(), nullable=False),
    Column("host", exact()),
    Column("start_time", time(), nullable=False),
    Column("finish_time", time()),
    Column("result", exact(16)),
    Column("details", long_text()),
    Index("instance_action_events_action", "action_id", "id"),
    Index("instance_action_events_order", "instance_uuid", "order_number"),
    **TABLE_OPTIONS,
)
