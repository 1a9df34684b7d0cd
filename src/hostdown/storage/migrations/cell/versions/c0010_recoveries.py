"""Recoveries and their timelines."""

import sqlalchemy as sa
from alembic import op

from hostdown.storage.types import TABLE_OPTIONS, counter, exact, flag, long_text, time

revision = "c0010"
down_revision = "c0009"


def upgrade() -> None:
    op.create_table(
        "recoveries",
        sa.Column("id", counter(), primary_key=True, autoincrement=True),
        sa.Column("host_id", exact(36), nullable=False),
        sa.Column("host", exact(), nullable=False),
        sa.Column("boot", sa.BigInteger, nullable=False),
        sa.Column("domain", exact(), nullable=False),
        sa.Column("stage", exact(16), nullable=False),
        sa.Column("held", exact(16)),
        sa.Column("reason", long_text()),
        sa.Column("silent_at", time(), nullable=False),
        sa.Column("begun_at", time(), nullable=False),
        sa.Column("due_at", time(), nullable=False),
        sa.Column("attempted_at", time()),
        sa.Column("gated", flag(), nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("level_at", time()),
        sa.Column("sent_at", time()),
        sa.Column("cut_at", time()),
        sa.Column("evacuated_at", time()),
        sa.Column("proof", sa.BigInteger),
        sa.Column("forced", flag(), nullable=False),
        sa.Column("ended_at", time()),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("open_key", exact(36)),
        sa.UniqueConstraint("open_key", name="recoveries_open_key"),
        **TABLE_OPTIONS,
    )
    op.create_table(
        "recovery_entries",
        sa.Column("id", counter(), primary_key=True, autoincrement=True),
        sa.Column("recovery_id", sa.BigInteger, nullable=False),
        sa.Column("at", time(), nullable=False),
        sa.Column("what", long_text(), nullable=False),
        sa.Column("details", long_text(), nullable=False),
        **TABLE_OPTIONS,
    )
    op.create_index("recovery_entries_recovery", "recovery_entries", ["recovery_id", "id"])
