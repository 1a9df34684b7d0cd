"""The table of hosts' boots; part of the directory's."""

from sqlalchemy import BigInteger, Column, Table

from hostdown.storage.directory_tables import metadata
from hostdown.storage.types import TABLE_OPTIONS, exact, time

host_boots = Table(
    "host_boots",
    metadata,
    Column("host_id", exact(36), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("boot_id", exact(), nullable=False),
    # Its first session.
    Column("session", BigInteger, nullable=False),
    Column("began_at", time(), nullable=False),
    **TABLE_OPTIONS,
)
