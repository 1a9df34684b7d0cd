"""Servers that were deleted while no host had them, and what is to be cleared up of them."""

import sqlalchemy as sa
from alembic import op

from hostdown.storage.types import TABLE_OPTIONS, exact, time

revision = "c0006"
down_revision = "c0005"


def upgrade() -> None:
    op.create_table(
        "clearings",
        sa.Column("instance_uuid", exact(36), primary_key=True),
        sa.Column("pool_id", exact(36), primary_key=True),
        sa.Column("host", exact(), primary_key=True),
        sa.Column("user_name", exact(), nullable=False),
        sa.Column("request_id", exact(), nullable=False),
        sa.Column("generation", sa.BigInteger, nullable=False),
        sa.Column("due_at", time(), nullable=False),
        **TABLE_OPTIONS,
    )
    op.create_index("clearings_due", "clearings", ["due_at"])
