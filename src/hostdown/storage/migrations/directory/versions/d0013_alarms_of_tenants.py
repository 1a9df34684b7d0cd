"""Alarms of tenants, their history, and how many a project may have."""

import sqlalchemy as sa
from alembic import op

from hostdown.storage.types import TABLE_OPTIONS, counter, exact, flag, long_text, time

revision = "d0013"
down_revision = "d0012"


def upgrade() -> None:
    op.create_table(
        "alarms",
        sa.Column("id", exact(36), primary_key=True),
        sa.Column("name", exact(), nullable=False),
        sa.Column("description", long_text(), nullable=False),
        sa.Column("enabled", flag(), nullable=False),
        sa.Column("user_id", exact(), nullable=False),
        sa.Column("project_id", exact(), nullable=False),
        sa.Column("severity", exact(16), nullable=False),
        sa.Column("state", exact(32), nullable=False),
        sa.Column("state_reason", long_text(), nullable=False),
        sa.Column("state_at", time(), nullable=False),
        sa.Column("changed_at", time(), nullable=False),
        sa.Column("ok_actions", long_text(), nullable=False),
        sa.Column("alarm_actions", long_text(), nullable=False),
        sa.Column("insufficient_data_actions", long_text(), nullable=False),
        sa.Column("repeat_actions", flag(), nullable=False),
        sa.Column("rule", long_text(), nullable=False),
        sa.Column("changes", sa.BigInteger, nullable=False),
        sa.Column("fired_by", exact(36), nullable=False),
        sa.Column("watch", exact(36), nullable=False),
        sa.Index("alarms_project", "project_id"),
        sa.Index("alarms_watch", "watch"),
        sa.Index("alarms_user", "user_id"),
        **TABLE_OPTIONS,
    )
    _history()


def _history() -> None:
    op.create_table(
        "alarm_changes",
        sa.Column("number", counter(), primary_key=True, autoincrement=True),
        sa.Column("id", exact(36), nullable=False),
        sa.Column("alarm_id", exact(36), nullable=False),
        sa.Column("place", sa.BigInteger, nullable=False),
        sa.Column("type", exact(16), nullable=False),
        sa.Column("detail", long_text(), nullable=False),
        sa.Column("user_id", exact()),
        sa.Column("project_id", exact()),
        sa.Column("on_behalf_of", exact(), nullable=False),
        sa.Column("severity", exact(16), nullable=False),
        sa.Column("at", time(), nullable=False),
        sa.Index("alarm_changes_id", "id", unique=True),
        sa.Index("alarm_changes_alarm", "alarm_id", "place"),
        sa.Index("alarm_changes_owner", "on_behalf_of", "number"),
        sa.Index("alarm_changes_type", "on_behalf_of", "type", "number"),
        **TABLE_OPTIONS,
    )
    op.create_table(
        "alarm_quotas",
        sa.Column("project_id", exact(), primary_key=True),
        sa.Column("alarms", sa.BigInteger, nullable=False),
        **TABLE_OPTIONS,
    )
