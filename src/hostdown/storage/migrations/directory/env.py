"""Called by Alembic for the directory's history."""

from hostdown.storage.migrations.running import run
from hostdown.storage.tables import directory

run("directory", directory)
