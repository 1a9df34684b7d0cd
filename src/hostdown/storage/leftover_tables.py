"""The table of what deleted servers left on pools; part of a cell's."""

from sqlalchemy import BigInteger, Column, Index, Table

from hostdown.storage.cell_tables import metadata
from hostdown.storage.types import TABLE_OPTIONS, exact, time

clearings = Table(
    "clearings",
    metadata,
    Column("instance_uuid", exact(36), primary_key=True),
    # "" where it is not known: then the host says where it is, else that is "".
    Column("pool_id", exact(36), primary_key=True),
    Column("host", exact(), primary_key=True),
    Column("user_name", exact(), nullable=False),
    Column("request_id", exact(), nullable=False),
    # Of the permit by which a host clears it up; 0 before there is one.
    Column("generation", BigInteger, nullable=False),
    Column("due_at", time(), nullable=False),
    Index("clearings_due", "due_at"),
    **TABLE_OPTIONS,
)
