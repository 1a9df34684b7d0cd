"""Called by Alembic for the directory's history."""

from hostdown.storage.directory_tables import metadata
from hostdown.storage.migrations.running import run

run("directory", metadata)
