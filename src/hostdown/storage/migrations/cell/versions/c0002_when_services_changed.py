"""When a service's row changed, reports aside, so that caches can be refreshed cheaply."""

import sqlalchemy as sa
from alembic import op

revision = "c0002"
down_revision = "c0001"


def upgrade() -> None:
    changed_at = sa.Column("changed_at", sa.BigInteger, nullable=False, server_default=sa.text("0"))
    op.add_column("services", changed_at)
    op.create_index("services_changed_at", "services", ["changed_at"])
