"""The tables of tenants' alarms; part of the directory's."""

from sqlalchemy import BigInteger, Column, Index, Table

from hostdown.storage.directory_tables import metadata
from hostdown.storage.types import TABLE_OPTIONS, counter, exact, flag, long_text, time

alarms = Table(
    "alarms",
    metadata,
    Column("id", exact(36), primary_key=True),
    Column("name", exact(), nullable=False),
    Column("description", long_text(), nullable=False),
    Column("enabled", flag(), nullable=False),
    Column("user_id", exact(), nullable=False),
    Column("project_id", exact(), nullable=False),
    Column("severity", exact(16), nullable=False),
    Column("state", exact(32), nullable=False),
    Column("state_reason", long_text(), nullable=False),
    Column("state_at", time(), nullable=False),
    Column("changed_at", time(), nullable=False),
    # JSON lists of URLs.
    Column("ok_actions", long_text(), nullable=False),
    Column("alarm_actions", long_text(), nullable=False),
    Column("insufficient_data_actions", long_text(), nullable=False),
    Column("repeat_actions", flag(), nullable=False),
    # A JSON list: the pattern of types, and then each condition as a list.
    Column("rule", long_text(), nullable=False),
    # Grows with each change.
    Column("changes", BigInteger, nullable=False),
    # The event by which it fired last, "" before.
    Column("fired_by", exact(36), nullable=False),
    # Stands for the project and the server that it waits for, or for the project alone.
    Column("watch", exact(36), nullable=False),
    Index("alarms_project", "project_id"),
    Index("alarms_watch", "watch"),
    Index("alarms_user", "user_id"),
    **TABLE_OPTIONS,
)

alarm_changes = Table(
    "alarm_changes",
    metadata,
    Column("number", counter(), primary_key=True, autoincrement=True),
    Column("id", exact(36), nullable=False),
    Column("alarm_id", exact(36), nullable=False),
    # It was the alarm's so manieth change.
    Column("place", BigInteger, nullable=False),
    Column("type", exact(16), nullable=False),
    Column("detail", long_text(), nullable=False),
    Column("user_id", exact()),
    Column("project_id", exact()),
    Column("on_behalf_of", exact(), nullable=False),
    Column("severity", exact(16), nullable=False),
    Column("at", time(), nullable=False),
    Index("alarm_changes_id", "id", unique=True),
    Index("alarm_changes_alarm", "alarm_id", "place"),
    Index("alarm_changes_owner", "on_behalf_of", "number"),
    Index("alarm_changes_type", "on_behalf_of", "type", "number"),
    **TABLE_OPTIONS,
)

# Of projects to which an administrator gave one of their own.
alarm_quotas = Table(
    "alarm_quotas",
    metadata,
    Column("project_id", exact(), primary_key=True),
    Column("alarms", BigInteger, nullable=False),
    **TABLE_OPTIONS,
)
