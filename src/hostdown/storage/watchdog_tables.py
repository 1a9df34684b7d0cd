"""The tables of hosts' watchdogs; part of a cell's."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table

from hostdown.storage.cell_tables import metadata
from hostdown.storage.types import TABLE_OPTIONS, counter, exact, long_text, time

watchdogs = Table(
    "watchdogs",
    metadata,
    Column("host_id", exact(36), primary_key=True),
    Column("boot", BigInteger, primary_key=True, autoincrement=False),
    Column("boot_id", exact(), nullable=False),
    # C and W: what was told first in this boot.
    Column("self_fence_after_ms", Integer, nullable=False),
    Column("reset_ms", Integer, nullable=False),
    Column("told_at", time(), nullable=False),
    # NULL until its device is open.
    Column("armed_at", time()),
    **TABLE_OPTIONS,
)

watchdog_pools = Table(
    "watchdog_pools",
    metadata,
    Column("host_id", exact(36), primary_key=True),
    Column("boot", BigInteger, primary_key=True, autoincrement=False),
    Column("pool", exact(36), primary_key=True),
    Column("added_at", time(), nullable=False),
    **TABLE_OPTIONS,
)

no_grants = Table(
    "no_grants",
    metadata,
    Column("host_id", exact(36), primary_key=True),
    # Of it, and of those before it.
    Column("boot", BigInteger, nullable=False),
    Column("recovery", BigInteger, nullable=False),
    Column("marked_at", time(), nullable=False),
    **TABLE_OPTIONS,
)

slot_orders = Table(
    "slot_orders",
    metadata,
    Column("id", counter(), primary_key=True, autoincrement=True),
    Column("recovery", BigInteger, nullable=False),
    # Whose slot.
    Column("host_id", exact(36), nullable=False),
    Column("boot", BigInteger, nullable=False),
    Column("pool", exact(36), nullable=False),
    # The id of the host that is to look.
    Column("reader", exact(36), nullable=False),
    Column("do", exact(8), nullable=False),
    Column("issued_at", time(), nullable=False),
    # JSON, NULL until it comes.
    Column("answer", long_text()),
    Column("answered_at", time()),
    Index("slot_orders_reader", "reader", "issued_at"),
    Index("slot_orders_recovery", "recovery"),
    **TABLE_OPTIONS,
)
