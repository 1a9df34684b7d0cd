"""Watchdogs, hosts that get no grants, and orders to look at slots."""

import sqlalchemy as sa
from alembic import op

from hostdown.storage.types import TABLE_OPTIONS, counter, exact, long_text, time

revision = "c0016"
down_revision = "c0015"


def upgrade() -> None:
    op.create_table(
        "watchdogs",
        sa.Column("host_id", exact(36), primary_key=True),
        sa.Column("boot", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("boot_id", exact(), nullable=False),
        sa.Column("self_fence_after_ms", sa.Integer, nullable=False),
        sa.Column("reset_ms", sa.Integer, nullable=False),
        sa.Column("told_at", time(), nullable=False),
        sa.Column("armed_at", time()),
        **TABLE_OPTIONS,
    )
    op.create_table(
        "watchdog_pools",
        sa.Column("host_id", exact(36), primary_key=True),
        sa.Column("boot", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("pool", exact(36), primary_key=True),
        sa.Column("added_at", time(), nullable=False),
        **TABLE_OPTIONS,
    )
    op.create_table(
        "no_grants",
        sa.Column("host_id", exact(36), primary_key=True),
        sa.Column("boot", sa.BigInteger, nullable=False),
        sa.Column("recovery", sa.BigInteger, nullable=False),
        sa.Column("marked_at", time(), nullable=False),
        **TABLE_OPTIONS,
    )
    op.create_table(
        "slot_orders",
        sa.Column("id", counter(), primary_key=True, autoincrement=True),
        sa.Column("recovery", sa.BigInteger, nullable=False),
        sa.Column("host_id", exact(36), nullable=False),
        sa.Column("boot", sa.BigInteger, nullable=False),
        sa.Column("pool", exact(36), nullable=False),
        sa.Column("reader", exact(36), nullable=False),
        sa.Column("do", exact(8), nullable=False),
        sa.Column("issued_at", time(), nullable=False),
        sa.Column("answer", long_text()),
        sa.Column("answered_at", time()),
        **TABLE_OPTIONS,
    )
    op.create_index("slot_orders_reader", "slot_orders", ["reader", "issued_at"])
    op.create_index("slot_orders_recovery", "slot_orders", ["recovery"])
