"""The tables of recoveries, and of where there are none; part of a cell's."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, UniqueConstraint

from hostdown.storage.cell_tables import metadata
from hostdown.storage.types import TABLE_OPTIONS, counter, exact, flag, long_text, time

recoveries = Table(
    "recoveries",
    metadata,
    Column("id", counter(), primary_key=True, autoincrement=True),
    Column("host_id", exact(36), nullable=False),
    Column("host", exact(), nullable=False),
    Column("boot", BigInteger, nullable=False),
    Column("domain", exact(), nullable=False),
    Column("stage", exact(16), nullable=False),
    Column("held", exact(16)),
    Column("reason", long_text()),
    Column("silent_at", time(), nullable=False),
    Column("begun_at", time(), nullable=False),
    Column("due_at", time(), nullable=False),
    Column("attempted_at", time()),
    Column("gated", flag(), nullable=False),
    Column("released", flag(), nullable=False),
    Column("level", Integer, nullable=False),
    Column("level_at", time()),
    Column("sent_at", time()),
    Column("cut_at", time()),
    Column("evacuated_at", time()),
    Column("proof", BigInteger),
    Column("forced", flag(), nullable=False),
    Column("ended_at", time()),
    # Grows with every change: what a change is compared and set by.
    Column("revision", BigInteger, nullable=False),
    # The host while it is not over, else NULL: one at a time.
    Column("open_key", exact(36)),
    UniqueConstraint("open_key", name="recoveries_open_key"),
    Index("recoveries_ended_at", "ended_at"),
    **TABLE_OPTIONS,
)

recovery_entries = Table(
    "recovery_entries",
    metadata,
    Column("id", counter(), primary_key=True, autoincrement=True),
    Column("recovery_id", BigInteger, nullable=False),
    Column("at", time(), nullable=False),
    Column("what", long_text(), nullable=False),
    # JSON
    Column("details", long_text(), nullable=False),
    Index("recovery_entries_recovery", "recovery_id", "id"),
    **TABLE_OPTIONS,
)

# Where recovery is switched off; who armed it again is in `changes`.
disarmings = Table(
    "disarmings",
    metadata,
    Column("scope", exact(16), primary_key=True),
    # The host's or the domain's; empty for all.
    Column("name", exact(), primary_key=True),
    Column("reason", exact(), nullable=False),
    Column("ends_at", time()),
    Column("at", time(), nullable=False),
    Column("user_name", exact(), nullable=False),
    Column("user_id", exact(), nullable=False),
    Column("request_id", exact(), nullable=False),
    **TABLE_OPTIONS,
)
