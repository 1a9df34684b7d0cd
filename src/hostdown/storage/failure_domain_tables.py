"""The table of failure domains; part of the directory's."""

from sqlalchemy import Column, Table

from hostdown.storage.directory_tables import metadata
from hostdown.storage.types import TABLE_OPTIONS, exact

failure_domains = Table(
    "failure_domains",
    metadata,
    Column("host", exact(), primary_key=True),
    Column("domain", exact(), nullable=False),
    **TABLE_OPTIONS,
)
