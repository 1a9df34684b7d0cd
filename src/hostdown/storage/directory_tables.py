"""The directory's tables as they are after its newest migration."""

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    Index,
    Integer,
    MetaData,
    Table,
    UniqueConstraint,
    text,
)

from hostdown.storage.audit import audit_columns
from hostdown.storage.types import TABLE_OPTIONS, counter, exact, flag, long_text, secret, time

metadata = MetaData()

hosts = Table(
    "hosts",
    metadata,
    Column("id", exact(36), primary_key=True),
    Column("name", exact(), nullable=False),
    Column("cell", exact(), nullable=False),
    Column("secret", secret(), nullable=False),
    Column("machine_id", exact(), nullable=False),
    Column("boot_id", exact(), nullable=False),
    Column("boot", BigInteger, nullable=False),
    Column("session", BigInteger, nullable=False),
    Column("agent_version", exact(), nullable=False),
    Column("enrolled_at", time(), nullable=False),
    Column("deleted_at", time()),
    Column("forked_at", time()),
    Column("sleeps", flag()),  # NULL: nobody knows
    # The name while the host is not deleted, else NULL: a unique index that all databases have.
    Column("name_held", exact()),
    Column("changed_at", BigInteger, nullable=False, server_default=text("0")),
    UniqueConstraint("name_held", name="hosts_name_held"),
    Index("hosts_changed_at", "changed_at"),
    **TABLE_OPTIONS,
)

enrolments = Table(
    "enrolments",
    metadata,
    Column("name", exact(), primary_key=True),
    Column("secret", secret(), nullable=False),
    Column("replaces", flag(), nullable=False),
    Column("expires_at", time(), nullable=False),
    **TABLE_OPTIONS,
)

users = Table(
    "users",
    metadata,
    Column("id", exact(64), primary_key=True),
    Column("name", exact(), nullable=False),
    Column("password_hash", exact(), nullable=False),
    Column("enabled", flag(), nullable=False),
    Column("default_project_id", exact(64)),
    # A JSON object.
    Column("extra", long_text()),
    UniqueConstraint("name", name="users_name"),
    **TABLE_OPTIONS,
)

projects = Table(
    "projects",
    metadata,
    Column("id", exact(64), primary_key=True),
    Column("name", exact(), nullable=False),
    Column("enabled", flag(), nullable=False),
    Column("stamp", exact(64), nullable=False, server_default=text("''")),
    # A JSON object.
    Column("extra", long_text()),
    UniqueConstraint("name", name="projects_name"),
    **TABLE_OPTIONS,
)

roles = Table(
    "roles",
    metadata,
    Column("user_id", exact(64), primary_key=True),
    Column("project_id", exact(64), primary_key=True),  # or 'system'
    Column("role", exact(64), primary_key=True),
    # The same in all rows of a user in a project.
    Column("stamp", exact(128), nullable=False, server_default=text("''")),
    **TABLE_OPTIONS,
)

revocations = Table(
    "revocations",
    metadata,
    Column("subject", exact(), primary_key=True),
    Column("issued_until", time(), nullable=False),
    Column("expires_at", time(), nullable=False),
    Index("revocations_expires_at", "expires_at"),
    **TABLE_OPTIONS,
)

keys = Table(
    "secret_keys",
    metadata,
    Column("name", exact(), primary_key=True),
    Column("value", secret(), nullable=False),
    **TABLE_OPTIONS,
)

# The newest one of each server.
observers = Table(
    "observers",
    metadata,
    Column("id", counter(), primary_key=True, autoincrement=True),
    Column("host", exact(), nullable=False),
    Column("port", Integer, nullable=False),
    Column("epoch", secret(), nullable=False),
    Column("started_at", time(), nullable=False),
    Column("addresses", exact(2048), nullable=False, server_default=""),
    UniqueConstraint("host", name="observers_host"),
    **TABLE_OPTIONS,
)

aggregates = Table(
    "aggregates",
    metadata,
    Column("id", counter(), primary_key=True, autoincrement=True),
    Column("uuid", exact(36), nullable=False),
    Column("name", exact(), nullable=False),
    Column("created_at", time(), nullable=False),
    Column("updated_at", time()),
    UniqueConstraint("uuid", name="aggregates_uuid"),
    UniqueConstraint("name", name="aggregates_name"),
    **TABLE_OPTIONS,
)

aggregate_hosts = Table(
    "aggregate_hosts",
    metadata,
    # Counts up, so that hosts are shown in the order in which they were added.
    Column("id", counter(), primary_key=True, autoincrement=True),
    Column("aggregate_id", BigInteger, nullable=False),
    Column("host", exact(), nullable=False),
    UniqueConstraint("aggregate_id", "host", name="aggregate_hosts_host"),
    Index("aggregate_hosts_by_host", "host"),
    **TABLE_OPTIONS,
)

aggregate_metadata = Table(
    "aggregate_metadata",
    metadata,
    Column("aggregate_id", BigInteger, primary_key=True, autoincrement=False),
    Column("key", exact(), primary_key=True),
    Column("value", exact(), nullable=False),
    **TABLE_OPTIONS,
)

# Counts changes of a kind of thing: what is remembered of it is old once the number has grown, and
# whoever raises it first in a transaction has the writers of that kind behind him.
revisions = Table(
    "revisions",
    metadata,
    Column("name", exact(), primary_key=True),
    Column("number", BigInteger, nullable=False),
    **TABLE_OPTIONS,
)

flavors = Table(
    "flavors",
    metadata,
    Column("id", counter(), primary_key=True, autoincrement=True),
    Column("flavorid", exact(), nullable=False),
    Column("name", exact(), nullable=False),
    Column("vcpus", Integer, nullable=False),
    Column("memory_mb", BigInteger, nullable=False),
    Column("root_gb", BigInteger, nullable=False),
    Column("ephemeral_gb", BigInteger, nullable=False),
    Column("swap_mb", BigInteger, nullable=False),
    Column("rxtx_factor", Double, nullable=False),
    Column("is_public", flag(), nullable=False),
    Column("disabled", flag(), nullable=False),
    Column("description", long_text()),
    # A JSON object of texts.
    Column("extra_specs", long_text(), nullable=False),
    UniqueConstraint("flavorid", name="flavors_flavorid"),
    UniqueConstraint("name", name="flavors_name"),
    **TABLE_OPTIONS,
)

directory_changes = Table(
    "directory_changes",
    metadata,
    Column("id", counter(), primary_key=True, autoincrement=True),
    Column("at", time(), nullable=False),
    Column("subject", exact(), nullable=False),
    *audit_columns(),
    Index("directory_changes_subject", "subject", "id"),
    Index("directory_changes_at", "at"),
    **TABLE_OPTIONS,
)

# Which projects may use a flavor that is not public.
flavor_projects = Table(
    "flavor_projects",
    metadata,
    Column("flavor_id", BigInteger, primary_key=True, autoincrement=False),
    Column("project_id", exact(), primary_key=True),
    **TABLE_OPTIONS,
)

instance_mappings = Table(
    "instance_mappings",
    metadata,
    Column("uuid", exact(36), primary_key=True),
    Column("cell", exact(), nullable=False),
    Column("project_id", exact(), nullable=False),
    Column("created_at", time(), nullable=False),
    Column("deleted", flag(), nullable=False),
    # JSON, or NULL: what was asked for.
    Column("asked", long_text()),
    Index("instance_mappings_cell", "cell", "deleted"),
    Index("instance_mappings_project", "project_id", "deleted"),
    **TABLE_OPTIONS,
)

server_groups = Table(
    "server_groups",
    metadata,
    Column("id", counter(), primary_key=True, autoincrement=True),
    Column("uuid", exact(36), nullable=False),
    Column("name", exact(), nullable=False),
    Column("project_id", exact(), nullable=False),
    Column("user_id", exact(), nullable=False),
    Column("policy", exact(32), nullable=False),
    # Of an anti-affinity group: how many of its servers one host may have.
    Column("max_server_per_host", Integer),
    Column("created_at", time(), nullable=False),
    UniqueConstraint("uuid", name="server_groups_uuid"),
    Index("server_groups_project", "project_id", "id"),
    **TABLE_OPTIONS,
)

server_group_members = Table(
    "server_group_members",
    metadata,
    Column("id", counter(), primary_key=True, autoincrement=True),
    Column("group_uuid", exact(36), nullable=False),
    Column("instance_uuid", exact(36), nullable=False),
    UniqueConstraint("instance_uuid", name="server_group_members_instance"),
    Index("server_group_members_group", "group_uuid", "id"),
    **TABLE_OPTIONS,
)

images = Table(
    "images",
    metadata,
    Column("id", exact(36), primary_key=True),
    Column("name", exact()),
    Column("owner", exact(), nullable=False),
    Column("status", exact(16), nullable=False),
    Column("visibility", exact(16), nullable=False),
    Column("disk_format", exact(16)),
    Column("container_format", exact(16)),
    # Bytes of the file; NULL until it was uploaded. What a disk of it has at least.
    Column("size", BigInteger),
    Column("virtual_size", BigInteger),
    Column("min_disk_gb", Integer, nullable=False),
    Column("min_ram_mb", BigInteger, nullable=False),
    Column("protected", flag(), nullable=False),
    Column("hidden", flag(), nullable=False),
    Column("checksum", exact(32)),
    Column("sha256", exact(64)),
    Column("sha512", exact(128)),
    # JSON: an object of texts, and a list of texts.
    Column("properties", long_text(), nullable=False),
    Column("tags", long_text(), nullable=False),
    Column("created_at", time(), nullable=False),
    Column("updated_at", time(), nullable=False),
    Index("images_created_at", "created_at", "id"),
    **TABLE_OPTIONS,
)
