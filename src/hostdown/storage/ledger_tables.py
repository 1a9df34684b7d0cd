"""The tables of commits that hosts must hear of, and of who leads; part of a cell's."""

from sqlalchemy import BigInteger, Column, Index, Table, text

from hostdown.storage.cell_tables import metadata
from hostdown.storage.types import TABLE_OPTIONS, exact

# What a host is told has changed; `version` is the commit number of the newest change.
host_assignments = Table(
    "host_assignments",
    metadata,
    Column("host_id", exact(36), primary_key=True),
    Column("version", BigInteger, nullable=False),
    # The newest version at which the host had nothing left that it was not told to have.
    Column("settled", BigInteger, nullable=False, server_default=text("0")),
    # The newest question to all hosts that it has answered (`ledger.asked`).
    Column("told", BigInteger, nullable=False, server_default=text("0")),
    Index("host_assignments_version", "version"),
    **TABLE_OPTIONS,
)

# One row: which database this is, and how many grants, proofs and releases it has seen
# (NEVER-TWICE P5). Whoever raises the number first has the other writers of permits behind him.
ledger = Table(
    "ledger",
    metadata,
    Column("name", exact(16), primary_key=True),
    Column("database_id", exact(36), nullable=False),
    Column("number", BigInteger, nullable=False),
    # With which number all hosts were asked last what they have, which of these questions is
    # answered, and the highest number that any of them has seen, if that is above ours.
    Column("asked", BigInteger, nullable=False, server_default=text("0")),
    Column("heard", BigInteger, nullable=False, server_default=text("0")),
    Column("ahead", BigInteger, nullable=False, server_default=text("0")),
    **TABLE_OPTIONS,
)

# Who acts for all servers of the cell in what only one may do (`services.leadership`).
leaders = Table(
    "leaders",
    metadata,
    Column("name", exact(32), primary_key=True),
    Column("holder", exact(), nullable=False),
    # Grows with each change of the holder.
    Column("term", BigInteger, nullable=False),
    # Grows while the holder lives.
    Column("beats", BigInteger, nullable=False),
    **TABLE_OPTIONS,
)
