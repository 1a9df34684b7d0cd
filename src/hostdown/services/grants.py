"""Give users roles and take them away, in a project or in the system."""

from collections.abc import Iterable

from hostdown.domain.identity_errors import GrantUnknown, RoleUnknown, TooManyKept
from hostdown.domain.roles import ALL, role_id
from hostdown.services import identity_journal as journal
from hostdown.services.directory_ports import Directory, DirectoryRows
from hostdown.services.identity import changing, existing, revoke_stamp
from hostdown.services.identity_journal import By
from hostdown.services.identity_ports import SYSTEM, Held, IdentityRows
from hostdown.services.projects import project_named
from hostdown.services.stamps import new_stamp

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


def give_role(directory: Directory, user_id: str, target: str, role: str, by: By) -> None:
    """Give a role; without effect if the user has it. Raises RoleUnknown, NoSuch, TooManyKept."""
    check_roles([role])

    def work(rows: DirectoryRows) -> None:
        held = _held(rows.identity, user_id, target)
        if role in held.roles:
            return
        check_room_for(rows.identity, 1)
        rows.identity.grants.put(user_id, target, Held((*held.roles, role), held.stamp))
        journal.grant(rows, by, user_id, target, role, given=True)

    changing(directory, work)


def take_role(directory: Directory, user_id: str, target: str, role: str, by: By) -> None:
    """Take a role away; the tokens that the user has of this target end.

    Raises RoleUnknown, NoSuch, GrantUnknown, LastAdmin.
    """
    check_roles([role])

    def work(rows: DirectoryRows) -> None:
        held = _held(rows.identity, user_id, target)
        if role not in held.roles:
            raise GrantUnknown(role_id=role_id(role), user_id=user_id, target=target)
        rest = tuple(each for each in held.roles if each != role)
        rows.identity.grants.put(user_id, target, Held(rest, new_stamp()))
        revoke_stamp(rows, held.stamp, by.now)
        journal.grant(rows, by, user_id, target, role, given=False)

    changing(directory, work)


def roles_of(directory: Directory, user_id: str, target: str) -> tuple[str, ...]:
    """The roles given, without what they imply; raises NoSuch."""
    return directory.read(lambda rows: _held(rows.identity, user_id, target)).roles


def _held(rows: IdentityRows, user_id: str, target: str) -> Held:
    """What a user holds, be it nothing; raises NoSuch."""
    existing("user", rows.users, user_id)
    if target != SYSTEM:
        existing("project", rows.projects, target)
    return rows.grants.of(user_id, target) or Held((), new_stamp())
