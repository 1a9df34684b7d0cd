"""When a service's row changed, reports aside, so that caches can be refreshed cheaply."""

import sqlalchemy as sa
from alembic import op

from hostdown.storage.types import time

revision = "c0002"
down_revision = "c0001"


def upgrade() -> None:
    op.add_column(
        "services", sa.Column("changed_at", time(), nullable=False, server_default=sa.text("0"))
    )
    op.create_index("services_changed_at", "services", ["changed_at"])
