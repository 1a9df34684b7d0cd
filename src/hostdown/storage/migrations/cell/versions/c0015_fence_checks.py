"""What came of the last check of each host's fencing."""

import sqlalchemy as sa
from alembic import op

from hostdown.storage.types import TABLE_OPTIONS, exact, long_text, time

revision = "c0015"
down_revision = "c0014"


def upgrade() -> None:
    op.create_table(
        "fence_checks",
        sa.Column("host", exact(), primary_key=True),
        sa.Column("checked_at", time(), nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("failing_since", time()),
        sa.Column("levels", long_text(), nullable=False),
        sa.Column("problem", long_text()),
        **TABLE_OPTIONS,
    )
