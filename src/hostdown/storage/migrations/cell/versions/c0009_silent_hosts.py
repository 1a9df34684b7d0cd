"""What observers hear, and since when a host is unreachable."""

import sqlalchemy as sa
from alembic import op

from hostdown.storage.types import TABLE_OPTIONS, exact, flag, time

revision = "c0009"
down_revision = "c0008"


def upgrade() -> None:
    op.create_table(
        "observer_votes",
        sa.Column("observer", exact(), primary_key=True),
        sa.Column("beats", sa.BigInteger, nullable=False),
        sa.Column("heard", sa.BigInteger, nullable=False),
        sa.Column("known", sa.BigInteger, nullable=False),
        sa.Column("blind", flag(), nullable=False),
        **TABLE_OPTIONS,
    )
    op.create_table(
        "silent_hosts",
        sa.Column("observer", exact(), primary_key=True),
        sa.Column("host_id", exact(36), primary_key=True),
        sa.Column("since", time(), nullable=False),
        **TABLE_OPTIONS,
    )
    op.add_column("services", sa.Column("unreachable_at", time()))
