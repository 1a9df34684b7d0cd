"""The tables of what is told; part of the directory's."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, text

from hostdown.storage.directory_tables import metadata
from hostdown.storage.types import TABLE_OPTIONS, counter, exact, long_text, time

directory_outbox = Table(
    "directory_outbox",
    metadata,
    Column("id", counter(), primary_key=True, autoincrement=True),
    Column("uuid", exact(36), nullable=False, server_default=text("''")),
    Column("created_at", time(), nullable=False),
    Column("subject", exact(), nullable=False),
    Column("event_type", exact(), nullable=False),
    Column("payload", long_text(), nullable=False),
    Column("request_id", exact(), nullable=False),
    **TABLE_OPTIONS,
)

# What is yet to be delivered, and dead letters, whose `dead_at` is set.
deliveries = Table(
    "deliveries",
    metadata,
    Column("number", counter(), primary_key=True, autoincrement=True),
    Column("id", exact(36), nullable=False),
    Column("channel", exact(8), nullable=False),
    Column("receiver", exact(), nullable=False),
    Column("lane", exact(), nullable=False),
    Column("batch", BigInteger, nullable=False),
    Column("target", long_text(), nullable=False),
    Column("body", long_text(), nullable=False),
    Column("created_at", time(), nullable=False),
    # The id of the event that it tells of.
    Column("event", exact(36), nullable=False, server_default=text("''")),
    # What its receiver, or the way to it, said last.
    Column("failure", long_text()),
    Column("dead_at", time()),
    # Somebody asked that it is tried again; who leads makes a new row of it.
    Column("replay_at", time()),
    Index("deliveries_id", "id", unique=True),
    Index("deliveries_receiver", "receiver", "number"),
    Index("deliveries_dead_at", "dead_at"),
    **TABLE_OPTIONS,
)

# How events were told.
tellings = Table(
    "tellings",
    metadata,
    Column("event", exact(36), primary_key=True),
    Column("host", exact(), nullable=False),
    Column("type", exact(), nullable=False),
    Column("happened_at", time(), nullable=False),
    Column("distributed_at", time(), nullable=False),
    Column("receivers", Integer, nullable=False),
    Column("taken", Integer, nullable=False),
    Column("first_at", time()),
    Column("last_at", time()),
    Index("tellings_host", "host", "happened_at"),
    Index("tellings_happened_at", "happened_at"),
    **TABLE_OPTIONS,
)

# Who tells (`services.lease`).
directory_leaders = Table(
    "directory_leaders",
    metadata,
    Column("name", exact(32), primary_key=True),
    Column("holder", exact(), nullable=False),
    # Grows with each change of the holder.
    Column("term", BigInteger, nullable=False),
    # Grows while the holder lives.
    Column("beats", BigInteger, nullable=False),
    **TABLE_OPTIONS,
)
