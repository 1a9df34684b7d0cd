"""What the `env.py` of both histories do."""

from typing import cast

from alembic import context
from sqlalchemy import Connection, MetaData

from hostdown.storage.migrations import VERSION_TABLES


def run(history: str, metadata: MetaData) -> None:
    """Migrate on the connection that `storage.schema` gives, in the transaction it began."""
    connection = cast(Connection, context.config.attributes["connection"])
    context.configure(
        connection=connection,
        target_metadata=metadata,
        version_table=VERSION_TABLES[history],
        render_as_batch=connection.dialect.name == "sqlite",
    )
    context.run_migrations()
