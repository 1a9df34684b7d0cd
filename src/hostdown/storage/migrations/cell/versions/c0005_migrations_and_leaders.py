"""Instances on their way to other hosts, permits that are asked back, and who leads."""

import sqlalchemy as sa
from alembic import op

from hostdown.storage.types import TABLE_OPTIONS, counter, exact, flag, long_text, time

revision = "c0005"
down_revision = "c0004"


def upgrade() -> None:
    op.add_column(
        "permits", sa.Column("asked_back", flag(), nullable=False, server_default=sa.false())
    )
    op.add_column(
        "host_assignments",
        sa.Column("settled", sa.BigInteger, nullable=False, server_default=sa.text("0")),
    )
    for name in ("pool_id", "pool_class"):
        op.add_column(
            "compute_nodes",
            sa.Column(name, exact(36), nullable=False, server_default=sa.text("''")),
        )
    _migrations()
    op.create_table(
        "leaders",
        sa.Column("name", exact(32), primary_key=True),
        sa.Column("holder", exact(), nullable=False),
        sa.Column("term", sa.BigInteger, nullable=False),
        sa.Column("beats", sa.BigInteger, nullable=False),
        **TABLE_OPTIONS,
    )


def _migrations() -> None:
    op.create_table(
        "migrations",
        sa.Column("id", counter(), primary_key=True, autoincrement=True),
        sa.Column("uuid", exact(36), nullable=False),
        sa.Column("instance_uuid", exact(36), nullable=False),
        sa.Column("type", exact(16), nullable=False),
        sa.Column("status", exact(32), nullable=False),
        sa.Column("source_host", exact(), nullable=False),
        sa.Column("source_node", exact(), nullable=False),
        sa.Column("dest_host", exact()),
        sa.Column("dest_node", exact()),
        sa.Column("dest_ip", exact(64)),
        sa.Column("user_id", exact(), nullable=False),
        sa.Column("project_id", exact()),
        sa.Column("request_id", exact(), nullable=False),
        sa.Column("created_at", time(), nullable=False),
        sa.Column("updated_at", time()),
        sa.Column("deleted", flag(), nullable=False),
        sa.Column("wish", long_text(), nullable=False),
        sa.Column("old_flavor", long_text()),
        sa.Column("new_flavor", long_text()),
        sa.Column("generation", sa.BigInteger, nullable=False),
        sa.Column("source_number", sa.BigInteger, nullable=False),
        sa.Column("tried", long_text(), nullable=False),
        sa.Column("reason", long_text()),
        sa.Column("priority", sa.BigInteger, nullable=False),
        sa.Column("step", exact(16), nullable=False),
        sa.Column("due_at", time()),
        sa.Column("progress", long_text()),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("open_key", exact(36)),
        sa.UniqueConstraint("uuid", name="migrations_uuid"),
        sa.UniqueConstraint("open_key", name="migrations_open_key"),
        **TABLE_OPTIONS,
    )
    op.create_index("migrations_due", "migrations", ["step", "due_at"])
    op.create_index("migrations_instance", "migrations", ["instance_uuid", "id"])
    op.create_index("migrations_source", "migrations", ["source_host", "status"])
    op.create_index("migrations_dest", "migrations", ["dest_host", "status"])
    op.create_index("migrations_created_at", "migrations", ["created_at", "id"])
