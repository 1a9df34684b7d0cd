"""What others say of hosts."""

import sqlalchemy as sa
from alembic import op

from hostdown.storage.types import TABLE_OPTIONS, counter, exact, long_text, time

revision = "c0014"
down_revision = "c0013"


def upgrade() -> None:
    op.create_table(
        "fault_events",
        sa.Column("id", counter(), primary_key=True, autoincrement=True),
        sa.Column("host_id", exact(36), nullable=False),
        sa.Column("host", exact(), nullable=False),
        sa.Column("kind", exact(64), nullable=False),
        sa.Column("source", exact(), nullable=False),
        sa.Column("event_id", exact(), nullable=False),
        sa.Column("said_at", exact(64), nullable=False),
        sa.Column("first_at", time(), nullable=False),
        sa.Column("last_at", time(), nullable=False),
        sa.Column("times", sa.BigInteger, nullable=False),
        sa.Column("user_id", exact(), nullable=False),
        sa.Column("user_name", exact(), nullable=False),
        sa.Column("request_id", exact(), nullable=False),
        sa.Column("details", long_text(), nullable=False),
        **TABLE_OPTIONS,
    )
    op.create_index("fault_events_host", "fault_events", ["host_id", "id"])
    op.create_index("fault_events_last", "fault_events", ["last_at"])
