"""The tables of what observers hear; part of a cell's."""

from sqlalchemy import BigInteger, Column, Table

from hostdown.storage.cell_tables import metadata
from hostdown.storage.types import TABLE_OPTIONS, exact, flag, time

# What each observer says of itself; `beats` grows while it lives.
observer_votes = Table(
    "observer_votes",
    metadata,
    Column("observer", exact(), primary_key=True),
    Column("beats", BigInteger, nullable=False),
    Column("heard", BigInteger, nullable=False),
    Column("known", BigInteger, nullable=False),
    Column("blind", flag(), nullable=False),
    **TABLE_OPTIONS,
)

# A row for each host that an observer does not hear.
silent_hosts = Table(
    "silent_hosts",
    metadata,
    Column("observer", exact(), primary_key=True),
    Column("host_id", exact(36), primary_key=True),
    Column("since", time(), nullable=False),
    **TABLE_OPTIONS,
)

# The session in which a host's agent said farewell last.
farewells = Table(
    "farewells",
    metadata,
    Column("host_id", exact(36), primary_key=True),
    Column("session", BigInteger, nullable=False),
    **TABLE_OPTIONS,
)
