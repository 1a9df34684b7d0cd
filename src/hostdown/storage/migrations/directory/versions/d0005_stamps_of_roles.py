"""The stamp of a user's roles in a project."""

import sqlalchemy as sa
from alembic import op

from hostdown.storage.types import exact

revision = "d0005"
down_revision = "d0004"


def upgrade() -> None:
    stamp = sa.Column("stamp", exact(128), nullable=False, server_default=sa.text("''"))
    op.add_column("roles", stamp)
    user_id, project_id = sa.column("user_id", sa.String), sa.column("project_id", sa.String)
    roles = sa.table("roles", user_id, project_id, sa.column("stamp", sa.String))
    # Each needs one of its own, or taking one role away would end the tokens of all users.
    op.execute(roles.update().values(stamp=user_id + project_id))
