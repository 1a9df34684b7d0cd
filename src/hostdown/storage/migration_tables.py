"""The table of instances that move, or moved, to other hosts; part of a cell's."""

from sqlalchemy import BigInteger, Column, Index, Table, UniqueConstraint

from hostdown.storage.cell_tables import metadata
from hostdown.storage.types import TABLE_OPTIONS, counter, exact, flag, long_text, time

migrations = Table(
    "migrations",
    metadata,
    Column("id", counter(), primary_key=True, autoincrement=True),
    Column("uuid", exact(36), nullable=False),
    Column("instance_uuid", exact(36), nullable=False),
    Column("type", exact(16), nullable=False),
    Column("status", exact(32), nullable=False),
    Column("source_host", exact(), nullable=False),
    Column("source_node", exact(), nullable=False),
    Column("dest_host", exact()),
    Column("dest_node", exact()),
    Column("dest_ip", exact(64)),
    Column("user_id", exact(), nullable=False),
    Column("project_id", exact()),
    Column("request_id", exact(), nullable=False),
    Column("created_at", time(), nullable=False),
    Column("updated_at", time()),
    # With its server.
    Column("deleted", flag(), nullable=False),
    # JSON: what was asked for, and by whom.
    Column("wish", long_text(), nullable=False),
    # JSON, or NULL where the flavor stays.
    Column("old_flavor", long_text()),
    Column("new_flavor", long_text()),
    # Of the permit that the destination got; 0 before.
    Column("generation", BigInteger, nullable=False),
    # The commit with which the source lost its permit; 0 before.
    Column("source_number", BigInteger, nullable=False),
    # JSON: the hosts that could not have it, with their reasons.
    Column("tried", long_text(), nullable=False),
    # Why it waits, or failed.
    Column("reason", long_text()),
    Column("priority", BigInteger, nullable=False),
    # The next step, and when it is due; NULL where there is none.
    Column("step", exact(16), nullable=False),
    Column("due_at", time()),
    # JSON: bytes of a live migration.
    Column("progress", long_text()),
    # Grows with every change: what a change is compared and set by.
    Column("revision", BigInteger, nullable=False),
    # The instance while it moves, else NULL: one move of a server at a time.
    Column("open_key", exact(36)),
    UniqueConstraint("uuid", name="migrations_uuid"),
    UniqueConstraint("open_key", name="migrations_open_key"),
    Index("migrations_due", "step", "due_at"),
    Index("migrations_instance", "instance_uuid", "id"),
    Index("migrations_source", "source_host", "status"),
    Index("migrations_dest", "dest_host", "status"),
    Index("migrations_created_at", "created_at", "id"),
    **TABLE_OPTIONS,
)
