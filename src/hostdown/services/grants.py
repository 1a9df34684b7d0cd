"""Give users roles and take them away, in a project or in the system."""

from collections.abc import Iterable
from datetime import datetime

from hostdown.domain.identity_errors import GrantUnknown, RoleUnknown, TooManyKept
from hostdown.domain.roles import ALL, role_id
from hostdown.services.directory_ports import Directory, DirectoryRows
from hostdown.services.identity import changing, end_tokens, existing
from hostdown.services.identity_ports import SYSTEM, IdentityRows, User
from hostdown.services.projects import project_named

GRANTS_MAX = 20_000
"""Role assignments; they are listed on one page."""


def check_roles(roles: Iterable[str]) -> None:
    """Raises RoleUnknown."""
    for role in roles:
        if role not in ALL:
            raise RoleUnknown(role=role, known=", ".join(ALL))


def check_room_for(rows: IdentityRows, more: int) -> None:
    """Raises TooManyKept."""
    if rows.grants.count() + more > GRANTS_MAX:
        raise TooManyKept(kind="role assignment", count_max=GRANTS_MAX)


def place_named(directory: Directory, project_name: str | None) -> str:
    """The target that is a project's, or the system's for None; raises NameUnknown."""
    if project_name is None:
        return SYSTEM
    return directory.read(lambda rows: project_named(rows.identity, project_name)).id


def give_role(directory: Directory, user_id: str, target: str, role: str) -> None:
    """Give a role; without effect if the user has it. Raises RoleUnknown, NoSuch, TooManyKept."""
    check_roles([role])

    def work(rows: DirectoryRows) -> None:
        _find(rows.identity, user_id, target)
        held = rows.identity.grants.of(user_id, target)
        if role not in held:
            check_room_for(rows.identity, 1)
            rows.identity.grants.put(user_id, target, (*held, role))

    changing(directory, work)


def take_role(directory: Directory, user_id: str, target: str, role: str, now: datetime) -> None:
    """Take a role away; all the user's tokens end.

    Raises RoleUnknown, NoSuch, GrantUnknown, LastAdmin.
    """
    check_roles([role])

    def work(rows: DirectoryRows) -> None:
        user = _find(rows.identity, user_id, target)
        held = rows.identity.grants.of(user_id, target)
        if role not in held:
            raise GrantUnknown(role_id=role_id(role), user_id=user_id, target=target)
        rows.identity.grants.put(user_id, target, [each for each in held if each != role])
        rows.identity.users.put(end_tokens(rows, user, user, now))

    changing(directory, work)


def roles_of(directory: Directory, user_id: str, target: str) -> tuple[str, ...]:
    """The roles given, without what they imply; raises NoSuch."""

    def work(rows: DirectoryRows) -> tuple[str, ...]:
        _find(rows.identity, user_id, target)
        return rows.identity.grants.of(user_id, target)

    return directory.read(work)


def _find(rows: IdentityRows, user_id: str, target: str) -> User:
    user = existing("user", rows.users, user_id)
    if target != SYSTEM:
        existing("project", rows.projects, target)
    return user
