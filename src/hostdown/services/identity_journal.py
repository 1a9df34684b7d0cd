"""What is written down and told of users, projects and role assignments; never a password.

The notifications are those that Keystone calls basic: they say what has changed, not how.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from hostdown.domain.model import Caller, Change
from hostdown.domain.roles import role_id
from hostdown.services.aggregate_ports import Told
from hostdown.services.directory_ports import DirectoryRows
from hostdown.services.identity_ports import SYSTEM, Project, User
from hostdown.services.stamps import hash_of


class By(NamedTuple):
    """Who changes something, and when."""

    caller: Caller
    now: datetime


def user(rows: DirectoryRows, by: By, seen: User | None, after: User | None) -> None:
    """A user was made (nothing seen), changed or deleted (nothing after)."""
    known = after or seen
    if known is None or seen == after:
        return
    before, now = _of_user(seen), _of_user(after)
    if seen and after and hash_of(seen.password_hash) != hash_of(after.password_hash):
        now["password"] = "changed"  # noqa: S105 - a word, no password
    _record(rows, by, "user", known.id, before, now)


def project(rows: DirectoryRows, by: By, seen: Project | None, after: Project | None) -> None:
    """As `user`."""
    known = after or seen
    if known is not None and seen != after:
        _record(rows, by, "project", known.id, _of_project(seen), _of_project(after))


def grant(rows: DirectoryRows, by: By, user_id: str, target: str, role: str, given: bool) -> None:
    """A role was given or taken away."""
    fact = {"user": user_id, "role": role, "target": target}
    before, after = ({}, fact) if given else (fact, {})
    event_type = f"identity.role_assignment.{'created' if given else 'deleted'}"
    told = {
        "user": user_id,
        "role": role_id(role),
        "project": None if target == SYSTEM else target,
    }
    change = Change(by.now, by.caller, event_type, before, after)
    rows.journal.record(change, f"user:{user_id}", [Told(event_type, told)])


def key(rows: DirectoryRows, by: By, name: str) -> None:
    """A shared secret was replaced."""
    rows.journal.record(
        Change(by.now, by.caller, "identity.key.updated", {}, {}), f"key:{name}", []
    )


def _record(
    rows: DirectoryRows,
    by: By,
    kind: str,
    row_id: str,
    before: Mapping[str, object],
    after: Mapping[str, object],
) -> None:
    done = "updated" if before and after else "created" if after else "deleted"
    event_type = f"identity.{kind}.{done}"
    change = Change(by.now, by.caller, event_type, before, after)
    told = Told(event_type, {"resource_info": row_id})
    rows.journal.record(change, f"{kind}:{row_id}", [told])


def _of_user(row: User | None) -> dict[str, object]:
    if row is None:
        return {}
    return {
        "name": row.name,
        "enabled": row.enabled,
        "default_project_id": row.default_project_id,
        "extra": dict(row.extra),
    }


def _of_project(row: Project | None) -> dict[str, object]:
    if row is None:
        return {}
    return {"name": row.name, "enabled": row.enabled, "extra": dict(row.extra)}
