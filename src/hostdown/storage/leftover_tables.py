"""The tables of what is there and should not be, on pools and on hosts; part of a cell's."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table

from hostdown.storage.cell_tables import metadata
from hostdown.storage.types import TABLE_OPTIONS, exact, flag, time

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

# What hosts have, or were seen to have, and no permit here says so (NEVER-TWICE P5).
strangers = Table(
    "strangers",
    metadata,
    Column("host_id", exact(36), primary_key=True),
    Column("instance_uuid", exact(36), primary_key=True),
    Column("host", exact(), nullable=False),
    Column("generation", BigInteger, nullable=False),
    Column("boot", BigInteger, nullable=False),
    Column("order_number", BigInteger, nullable=False),
    Column("power_state", Integer, nullable=False),
    Column("claimed", flag(), nullable=False),
    Column("seen_at", time(), nullable=False),
    Index("strangers_instance", "instance_uuid"),
    **TABLE_OPTIONS,
)
