"""Whether the machines of hosts may go to sleep."""

import sqlalchemy as sa
from alembic import op

from hostdown.storage.types import flag

revision = "d0011"
down_revision = "d0010"


def upgrade() -> None:
    op.add_column("hosts", sa.Column("sleeps", flag()))
