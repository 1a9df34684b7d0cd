"""Each event that the outbox holds has an id, and says what it means for owners of servers.

What the outbox holds so far nobody took, and nobody waits for: it goes.
"""

import sqlalchemy as sa
from alembic import op

from hostdown.storage.types import exact, flag, long_text

revision = "c0017"
down_revision = "c0016"


def upgrade() -> None:
    op.execute("DELETE FROM outbox")
    op.add_column(
        "outbox", sa.Column("uuid", exact(36), nullable=False, server_default=sa.text("''"))
    )
    op.add_column("outbox", sa.Column("about", long_text()))
    op.add_column(
        "services", sa.Column("told_silent", flag(), nullable=False, server_default=sa.false())
    )
