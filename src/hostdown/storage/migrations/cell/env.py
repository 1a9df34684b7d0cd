"""Called by Alembic for the cell's history."""

from hostdown.storage.cell_tables import metadata
from hostdown.storage.migrations.running import run

run("cell", metadata)
