"""Which boots hosts had, and which of them turned out to be two machines."""

import sqlalchemy as sa
from alembic import op

from hostdown.storage.types import TABLE_OPTIONS, exact, time

revision = "d0008"
down_revision = "d0007"


def upgrade() -> None:
    op.add_column("hosts", sa.Column("forked_at", time()))
    op.create_table(
        "host_boots",
        sa.Column("host_id", exact(36), primary_key=True),
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("boot_id", exact(), nullable=False),
        sa.Column("session", sa.BigInteger, nullable=False),
        sa.Column("began_at", time(), nullable=False),
        **TABLE_OPTIONS,
    )
