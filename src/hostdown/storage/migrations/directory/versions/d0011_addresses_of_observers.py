"""Where hosts reach each observer."""

import sqlalchemy as sa
from alembic import op

from hostdown.storage.types import exact

revision = "d0011"
down_revision = "d0010"


def upgrade() -> None:
    op.add_column(
        "observers", sa.Column("addresses", exact(2048), nullable=False, server_default="")
    )
