"""Which agents said farewell."""

import sqlalchemy as sa
from alembic import op

from hostdown.storage.types import TABLE_OPTIONS, exact

revision = "c0012"
down_revision = "c0011"


def upgrade() -> None:
    op.create_table(
        "farewells",
        sa.Column("host_id", exact(36), primary_key=True),
        sa.Column("session", sa.BigInteger, nullable=False),
        **TABLE_OPTIONS,
    )
