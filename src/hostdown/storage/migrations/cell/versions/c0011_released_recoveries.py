"""Whether an operator let a recovery past the storm gate."""

import sqlalchemy as sa
from alembic import op

from hostdown.storage.types import flag

revision = "c0011"
down_revision = "c0010"


def upgrade() -> None:
    column = sa.Column("released", flag(), nullable=False, server_default=sa.false())
    op.add_column("recoveries", column)
