"""The table of what others say of hosts; part of a cell's."""

from sqlalchemy import BigInteger, Column, Index, Table

from hostdown.storage.cell_tables import metadata
from hostdown.storage.types import TABLE_OPTIONS, counter, exact, long_text, time

fault_events = Table(
    "fault_events",
    metadata,
    Column("id", counter(), primary_key=True, autoincrement=True),
    Column("host_id", exact(36), nullable=False),
    Column("host", exact(), nullable=False),
    Column("kind", exact(64), nullable=False),
    Column("source", exact(), nullable=False),
    Column("event_id", exact(), nullable=False),
    # As its source wrote it, or "".
    Column("said_at", exact(64), nullable=False),
    Column("first_at", time(), nullable=False),
    Column("last_at", time(), nullable=False),
    Column("times", BigInteger, nullable=False),
    Column("user_id", exact(), nullable=False),
    Column("user_name", exact(), nullable=False),
    Column("request_id", exact(), nullable=False),
    # JSON
    Column("details", long_text(), nullable=False),
    Index("fault_events_host", "host_id", "id"),
    Index("fault_events_last", "last_at"),
    **TABLE_OPTIONS,
)
