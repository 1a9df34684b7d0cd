"""Indexes by which what is old is found."""

from alembic import op

revision = "c0018"
down_revision = "c0017"


def upgrade() -> None:
    op.create_index("changes_at", "changes", ["at"])
    op.create_index("instances_deleted_at", "instances", ["deleted", "deleted_at", "id"])
    op.create_index("instance_actions_updated_at", "instance_actions", ["updated_at"])
    op.create_index("recoveries_ended_at", "recoveries", ["ended_at"])
