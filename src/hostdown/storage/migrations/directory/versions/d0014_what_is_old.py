"""An index by which old changes are found."""

from alembic import op

revision = "d0014"
down_revision = "d0013"


def upgrade() -> None:
    op.create_index("directory_changes_at", "directory_changes", ["at"])
