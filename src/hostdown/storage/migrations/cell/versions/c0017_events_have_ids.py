"""Each event that the outbox holds has an id. What it holds so far nobody took: it goes."""

import sqlalchemy as sa
from alembic import op

from hostdown.storage.types import exact

revision = "c0017"
down_revision = "c0016"


def upgrade() -> None:
    op.execute("DELETE FROM outbox")
    op.add_column(
        "outbox", sa.Column("uuid", exact(36), nullable=False, server_default=sa.text("''"))
    )
