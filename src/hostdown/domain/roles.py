"""The roles that exist, and which of them a role brings with it, as in Keystone."""

import hashlib
from collections.abc import Iterable

ADMIN, MANAGER, MEMBER, READER, SERVICE = "admin", "manager", "member", "reader", "service"

ALL = (ADMIN, MANAGER, MEMBER, READER, SERVICE)

IMPLIED = {ADMIN: (MANAGER,), MANAGER: (MEMBER,), MEMBER: (READER,), READER: (), SERVICE: ()}


def with_implied(roles: Iterable[str]) -> tuple[str, ...]:
    """The given roles and everything they imply, in the order of `ALL`; unknown ones go last."""
    found: dict[str, None] = {}
    waiting = list(roles)
    while waiting:
        role = waiting.pop()
        if role not in found:
            found[role] = None
            waiting += IMPLIED.get(role, ())
    rank = {role: number for number, role in enumerate(ALL)}
    return tuple(sorted(found, key=lambda role: (rank.get(role, len(ALL)), role)))


def role_id(role: str) -> str:
    """32 hexadecimal digits that are the same in every deployment, for clients that want an id."""
    return hashlib.sha256(f"hostdown-role:{role}".encode()).hexdigest()[:32]
