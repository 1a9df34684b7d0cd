"""What is yet to be delivered to whom, and who delivers it; each event has an id.

What the outbox holds so far nobody took, and nobody waits for: it goes.
"""

import sqlalchemy as sa
from alembic import op

from hostdown.storage.types import TABLE_OPTIONS, counter, exact, long_text, time

revision = "d0012"
down_revision = "d0011"


def upgrade() -> None:
    op.create_table(
        "deliveries",
        sa.Column("number", counter(), primary_key=True, autoincrement=True),
        sa.Column("id", exact(36), nullable=False),
        sa.Column("channel", exact(8), nullable=False),
        sa.Column("receiver", exact(), nullable=False),
        sa.Column("lane", exact(), nullable=False),
        sa.Column("batch", sa.BigInteger, nullable=False),
        sa.Column("target", long_text(), nullable=False),
        sa.Column("body", long_text(), nullable=False),
        sa.Column("created_at", time(), nullable=False),
        sa.Column("event", exact(36), nullable=False, server_default=sa.text("''")),
        sa.Column("failure", long_text()),
        sa.Column("dead_at", time()),
        sa.Column("replay_at", time()),
        sa.Index("deliveries_id", "id", unique=True),
        sa.Index("deliveries_receiver", "receiver", "number"),
        sa.Index("deliveries_dead_at", "dead_at"),
        **TABLE_OPTIONS,
    )
    op.create_table(
        "tellings",
        sa.Column("event", exact(36), primary_key=True),
        sa.Column("host", exact(), nullable=False),
        sa.Column("type", exact(), nullable=False),
        sa.Column("happened_at", time(), nullable=False),
        sa.Column("distributed_at", time(), nullable=False),
        sa.Column("receivers", sa.Integer, nullable=False),
        sa.Column("taken", sa.Integer, nullable=False),
        sa.Column("first_at", time()),
        sa.Column("last_at", time()),
        sa.Index("tellings_host", "host", "happened_at"),
        sa.Index("tellings_happened_at", "happened_at"),
        **TABLE_OPTIONS,
    )
    op.create_table(
        "directory_leaders",
        sa.Column("name", exact(32), primary_key=True),
        sa.Column("holder", exact(), nullable=False),
        sa.Column("term", sa.BigInteger, nullable=False),
        sa.Column("beats", sa.BigInteger, nullable=False),
        **TABLE_OPTIONS,
    )
    op.execute("DELETE FROM directory_outbox")
    op.add_column(
        "directory_outbox",
        sa.Column("uuid", exact(36), nullable=False, server_default=sa.text("''")),
    )
