"""When a host's row changed, so that caches can be refreshed cheaply."""

import sqlalchemy as sa
from alembic import op

revision = "d0002"
down_revision = "d0001"


def upgrade() -> None:
    changed_at = sa.Column("changed_at", sa.BigInteger, nullable=False, server_default=sa.text("0"))
    op.add_column("hosts", changed_at)
    op.create_index("hosts_changed_at", "hosts", ["changed_at"])
