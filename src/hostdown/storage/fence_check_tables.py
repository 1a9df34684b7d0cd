"""The table of fence checks; part of a cell's."""

from sqlalchemy import Column, Integer, Table

from hostdown.storage.cell_tables import metadata
from hostdown.storage.types import TABLE_OPTIONS, exact, long_text, time

fence_checks = Table(
    "fence_checks",
    metadata,
    Column("host", exact(), primary_key=True),
    Column("checked_at", time(), nullable=False),
    Column("failures", Integer, nullable=False),
    Column("failing_since", time()),
    # JSON: what was seen of each level.
    Column("levels", long_text(), nullable=False),
    Column("problem", long_text()),
    **TABLE_OPTIONS,
)
