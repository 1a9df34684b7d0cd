"""Which proofs turned out to prove nothing."""

import sqlalchemy as sa
from alembic import op

from hostdown.storage.types import time

revision = "c0008"
down_revision = "c0007"


def upgrade() -> None:
    op.add_column("proofs", sa.Column("voided_at", time()))
