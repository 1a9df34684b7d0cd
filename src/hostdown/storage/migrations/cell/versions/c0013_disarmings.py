"""Where recovery is switched off."""

import sqlalchemy as sa
from alembic import op

from hostdown.storage.types import TABLE_OPTIONS, exact, time

revision = "c0013"
down_revision = "c0012"


def upgrade() -> None:
    op.create_table(
        "disarmings",
        sa.Column("scope", exact(16), primary_key=True),
        sa.Column("name", exact(), primary_key=True),
        sa.Column("reason", exact(), nullable=False),
        sa.Column("ends_at", time()),
        sa.Column("at", time(), nullable=False),
        sa.Column("user_name", exact(), nullable=False),
        sa.Column("user_id", exact(), nullable=False),
        sa.Column("request_id", exact(), nullable=False),
        **TABLE_OPTIONS,
    )
