"""Keep users: make, change, delete, find."""

import uuid
from collections.abc import Sequence
from typing import NamedTuple

from hostdown.domain.errors import NameTaken
from hostdown.domain.identity_errors import LoginRefused, NameUnknown
from hostdown.services import identity_journal as journal
from hostdown.services.directory_ports import Directory, DirectoryRows
from hostdown.services.grants import check_roles, check_room_for
from hostdown.services.identity import (
    USERS_MAX,
    changing,
    check_name,
    check_room,
    end_tokens,
    existing,
    merged,
    revoke_stamp,
)
from hostdown.services.identity_journal import By
from hostdown.services.identity_ports import NOTHING, SYSTEM, Extra, Held, Project, User
from hostdown.services.projects import project_named
from hostdown.services.stamps import new_stamp, stamp_of, stamped


class Kept(NamedTuple):
    """What a client may say of a user; None leaves it as it is (a new one has the defaults).

    `password_hash` as `identity.hashed` gives it. `default_project_id`: "" for none.
    """

    name: str | None = None
    password_hash: str | None = None
    enabled: bool | None = None
    default_project_id: str | None = None
    extra: Extra = NOTHING


class Membership(NamedTuple):
    """A user's roles in a project, or in the system (None), without what they imply."""

    project: Project | None
    roles: tuple[str, ...]

    @property
    def place(self) -> str:
        """What people read: the project's name, or that it is the system."""
        return self.project.name if self.project else "(system)"


class UserEntry(NamedTuple):
    """A user and where it has roles."""

    user: User
    memberships: tuple[Membership, ...]


def add_user(directory: Directory, name: str, kept: Kept, by: By) -> User:
    """A new user; raises NameRefused, NameTaken, TooManyKept, ExtraTooLarge."""
    return changing(directory, lambda rows: _added(rows, name, kept, by))


def add_member(
    directory: Directory,
    name: str,
    password_hash: str,
    project_name: str,
    roles: Sequence[str],
    by: By,
) -> User:
    """A new user with roles in a project, which becomes its default one.

    Raises NameRefused, RoleUnknown, NameTaken, NameUnknown (the project), TooManyKept.
    """
    check_roles(roles)

    def work(rows: DirectoryRows) -> User:
        project = project_named(rows.identity, project_name)
        kept = Kept(password_hash=password_hash, default_project_id=project.id)
        user = _added(rows, name, kept, by)
        check_room_for(rows.identity, len(roles))
        rows.identity.grants.put(user.id, project.id, Held(tuple(roles), new_stamp()))
        for role in roles:
            journal.grant(rows, by, user.id, project.id, role, given=True)
        return user

    return changing(directory, work)


def _added(rows: DirectoryRows, name: str, kept: Kept, by: By) -> User:
    check_name("user", name)
    if rows.identity.users.named(name) is not None:
        raise NameTaken(kind="user", name=name)
    check_room("user", rows.identity.users, USERS_MAX)
    new = User(uuid.uuid4().hex, name, stamped(""), True, None, {})
    user = _changed(new, kept)
    rows.identity.users.put(user)
    journal.user(rows, by, None, user)
    return user


def change_user(directory: Directory, user_id: str, kept: Kept, by: By) -> User:
    """Change a user; another name, password or `enabled` ends its tokens.

    Raises NoSuch, NameRefused, NameTaken, LastAdmin.
    """
    if kept.name is not None:
        check_name("user", kept.name)

    def work(rows: DirectoryRows) -> User:
        seen = existing("user", rows.identity.users, user_id)
        after = _changed(seen, kept)
        if (after.name, after.password_hash, after.enabled) != (
            seen.name, seen.password_hash, seen.enabled,
        ):  # fmt: skip
            after = end_tokens(rows, after, seen, by.now)
        if after != seen:
            rows.identity.users.put(after)
            journal.user(rows, by, seen, after)
        return after

    return changing(directory, work)


def change_password(directory: Directory, seen: User, password_hash: str, by: By) -> None:
    """Change the password of a user who has shown the old one; its tokens end.

    Raises LoginRefused for a user that is disabled or gone, or whose password somebody else has
    changed meanwhile.
    """

    def work(rows: DirectoryRows) -> None:
        user = rows.identity.users.get(seen.id)
        if user is None or not user.enabled or user.password_hash != seen.password_hash:
            raise LoginRefused
        after = user._replace(password_hash=password_hash)
        rows.identity.users.put(end_tokens(rows, after, user, by.now))
        journal.user(rows, by, user, after)

    changing(directory, work)


def remove_user(directory: Directory, user_id: str, by: By) -> None:
    """Delete a user and its roles; its tokens end. Raises NoSuch, LastAdmin."""

    def work(rows: DirectoryRows) -> None:
        seen = existing("user", rows.identity.users, user_id)
        revoke_stamp(rows, stamp_of(seen.password_hash), by.now)
        rows.identity.users.remove(user_id)
        journal.user(rows, by, seen, None)

    changing(directory, work)


def user_named(directory: Directory, name: str) -> User:
    """Raises NameUnknown."""
    user = directory.read(lambda rows: rows.identity.users.named(name))
    if user is None:
        raise NameUnknown(kind="user", name=name)
    return user


def list_users(directory: Directory) -> list[UserEntry]:
    """Every user by name, with its roles in the system and in each project."""

    def work(rows: DirectoryRows) -> list[UserEntry]:
        everywhere = (None, *rows.identity.projects.all())
        granted: dict[tuple[str, str], list[str]] = {}
        for grant in rows.identity.grants.all():
            granted.setdefault((grant.user_id, grant.target), []).append(grant.role)
        return [
            UserEntry(user, _memberships(user.id, everywhere, granted))
            for user in rows.identity.users.all()
        ]

    return directory.read(work)


def _memberships(
    user_id: str,
    everywhere: Sequence[Project | None],
    granted: dict[tuple[str, str], list[str]],
) -> tuple[Membership, ...]:
    found = (
        Membership(project, tuple(granted.get((user_id, project.id if project else SYSTEM), ())))
        for project in everywhere
    )
    return tuple(membership for membership in found if membership.roles)


def _changed(seen: User, kept: Kept) -> User:
    default = seen.default_project_id
    return User(
        seen.id,
        seen.name if kept.name is None else kept.name,
        kept.password_hash or seen.password_hash,
        seen.enabled if kept.enabled is None else kept.enabled,
        default if kept.default_project_id is None else kept.default_project_id or None,
        merged(seen.extra, kept.extra),
    )
