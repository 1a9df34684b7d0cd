"""The failure domains that operators put hosts into."""

import sqlalchemy as sa
from alembic import op

from hostdown.storage.types import TABLE_OPTIONS, exact

revision = "d0010"
down_revision = "d0009"


def upgrade() -> None:
    op.create_table(
        "failure_domains",
        sa.Column("host", exact(), primary_key=True),
        sa.Column("domain", exact(), nullable=False),
        **TABLE_OPTIONS,
    )
