"""What cells and the directory keep of each change: the same columns, and what stands in them."""

from typing import Any

import orjson
from sqlalchemy import Column

from hostdown.domain.model import Change
from hostdown.storage.types import exact, long_text


def audit_columns() -> list[Column[Any]]:
    """Those of one table: what was done, by whom, from what to what."""
    return [
        Column("event_type", exact(), nullable=False),
        Column("user_id", exact(), nullable=False),
        Column("user_name", exact(), nullable=False),
        Column("project_id", exact()),
        Column("roles", long_text(), nullable=False),
        Column("request_id", exact(), nullable=False),
        Column("global_request_id", exact()),
        Column("before", long_text(), nullable=False),
        Column("after", long_text(), nullable=False),
    ]


def audited(change: Change) -> dict[str, object]:
    """Their values."""
    caller = change.caller
    return {
        "event_type": change.event_type,
        "user_id": caller.user_id,
        "user_name": caller.user_name,
        "project_id": caller.project_id,
        "roles": as_json(caller.roles),
        "request_id": caller.request_id,
        "global_request_id": caller.global_request_id,
        "before": as_json(dict(change.before)),
        "after": as_json(dict(change.after)),
    }


def as_json(value: object) -> str:
    """As these columns have it, and those of outboxes."""
    return orjson.dumps(value).decode()
