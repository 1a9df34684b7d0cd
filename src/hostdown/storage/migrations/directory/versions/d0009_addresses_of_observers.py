"""Where hosts reach each observer."""

import sqlalchemy as sa
from alembic import op

from hostdown.storage.types import exact

revision = "d0009"
down_revision = "d0008"


def upgrade() -> None:
    op.add_column(
        "observers", sa.Column("addresses", exact(2048), nullable=False, server_default="")
    )
