"""Called by Alembic for the cell's history."""

from hostdown.storage.migrations.running import run
from hostdown.storage.tables import cell

run("cell", cell)
