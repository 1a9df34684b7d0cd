"""Descriptions and the like of users and projects; the stamp of a project."""

import sqlalchemy as sa
from alembic import op

from hostdown.storage.types import exact, long_text

revision = "d0004"
down_revision = "d0003"


def upgrade() -> None:
    op.add_column("users", sa.Column("extra", long_text()))
    op.add_column("projects", sa.Column("extra", long_text()))
    stamp = sa.Column("stamp", exact(64), nullable=False, server_default=sa.text("''"))
    op.add_column("projects", stamp)
    # Each needs one of its own, or revoking the tokens of one project would revoke all.
    op.execute("UPDATE projects SET stamp = id")
