"""When a host's row changed, so that caches can be refreshed cheaply."""

import sqlalchemy as sa
from alembic import op

from hostdown.storage.types import time

revision = "d0002"
down_revision = "d0001"


def upgrade() -> None:
    op.add_column(
        "hosts", sa.Column("changed_at", time(), nullable=False, server_default=sa.text("0"))
    )
    op.create_index("hosts_changed_at", "hosts", ["changed_at"])
