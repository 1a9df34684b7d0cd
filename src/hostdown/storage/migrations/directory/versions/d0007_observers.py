"""Who hears the pulses of hosts."""

import sqlalchemy as sa
from alembic import op

from hostdown.storage.types import TABLE_OPTIONS, counter, exact, secret, time

revision = "d0007"
down_revision = "d0006"


def upgrade() -> None:
    op.create_table(
        "observers",
        sa.Column("id", counter(), primary_key=True, autoincrement=True),
        sa.Column("host", exact(), nullable=False),
        sa.Column("port", sa.Integer, nullable=False),
        sa.Column("epoch", secret(), nullable=False),
        sa.Column("started_at", time(), nullable=False),
        sa.UniqueConstraint("host", name="observers_host"),
        **TABLE_OPTIONS,
    )
