"""Keep users and projects; make the first admin.

There is one domain, `Default`. Names are compared exactly. A role given here is one of
`domain.roles.ALL`; what it implies is added when a token is made.
"""

import secrets
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple, TypeVar

from hostdown.domain.errors import NameTaken
from hostdown.domain.identity_errors import (
    NameRefused,
    NameUnknown,
    PasswordRefused,
    RoleUnknown,
)
from hostdown.domain.roles import ADMIN, ALL
from hostdown.services.directory_ports import (
    Directory,
    DirectoryRows,
    IdentityRows,
    Project,
    Revocation,
    User,
)
from hostdown.services.identity_ports import CredentialKeeper, Credentials, Passwords
from hostdown.services.stamps import hash_of, stamp_of, stamped
from hostdown.services.token_checks import REVOCATION_LIFE, of_stamp

USER_NAME_BYTES_MAX = 255
PROJECT_NAME_BYTES_MAX = 64
PASSWORD_CHARS_MIN = 8
GENERATED_PASSWORD_BYTES = 18

Kind = Literal["user", "project"]
Row = TypeVar("Row", User, Project)


class Membership(NamedTuple):
    """A user's roles in a project, as given, without what they imply."""

    project: Project
    roles: tuple[str, ...]


class UserEntry(NamedTuple):
    """A user and where it has roles."""

    user: User
    memberships: tuple[Membership, ...]


def generated_password() -> str:
    """24 characters that need no quoting anywhere: 144 random bits."""
    return secrets.token_urlsafe(GENERATED_PASSWORD_BYTES)


def add_project(directory: Directory, name: str) -> Project:
    """A new project; raises NameRefused, NameTaken."""
    _check_name("project", name, PROJECT_NAME_BYTES_MAX)
    project = Project(uuid.uuid4().hex, name, enabled=True)

    def work(rows: DirectoryRows) -> Project:
        if _find(rows.identity.projects(), name) is not None:
            raise NameTaken(kind="project", name=name)
        rows.identity.put_project(project)
        return project

    return directory.write(work)


def add_user(
    directory: Directory,
    passwords: Passwords,
    name: str,
    password: str,
    project_name: str,
    roles: Sequence[str],
) -> User:
    """A new user with roles in a project, which becomes its default one.

    Raises NameRefused, PasswordRefused, RoleUnknown, NameTaken, NameUnknown (the project).
    """
    _check_name("user", name, USER_NAME_BYTES_MAX)
    for role in roles:
        if role not in ALL:
            raise RoleUnknown(role=role, known=", ".join(ALL))
    password_hash = _hashed(passwords, password)

    def work(rows: DirectoryRows) -> User:
        if _find(rows.identity.users(), name) is not None:
            raise NameTaken(kind="user", name=name)
        project = _named("project", rows.identity.projects(), project_name)
        user = User(uuid.uuid4().hex, name, password_hash, True, project.id)
        rows.identity.put_user(user)
        rows.identity.put_roles(user.id, project.id, tuple(roles))
        return user

    return directory.write(work)


def set_password(
    directory: Directory, passwords: Passwords, name: str, password: str, now: datetime
) -> User:
    """Change a user's password; its tokens are revoked. Raises PasswordRefused, NameUnknown."""
    password_hash = _hashed(passwords, password)

    def work(rows: DirectoryRows) -> User:
        seen = _named("user", rows.identity.users(), name)
        return _restamp(rows, seen._replace(password_hash=password_hash), seen, now)

    return directory.write(work)


def set_enabled(directory: Directory, name: str, enabled: bool, now: datetime) -> User:
    """Let a user log in, or not; its tokens are revoked either way. Raises NameUnknown."""

    def work(rows: DirectoryRows) -> User:
        seen = _named("user", rows.identity.users(), name)
        kept = stamped(hash_of(seen.password_hash))
        return _restamp(rows, seen._replace(enabled=enabled, password_hash=kept), seen, now)

    return directory.write(work)


def _restamp(rows: DirectoryRows, user: User, seen: User, now: datetime) -> User:
    rows.identity.put_user(user)
    old = of_stamp(stamp_of(seen.password_hash))
    rows.revocations.put(Revocation(old, now, now + REVOCATION_LIFE))
    return user


def list_users(directory: Directory) -> list[UserEntry]:
    """Every user by name, with its roles in each project."""

    def work(rows: DirectoryRows) -> list[UserEntry]:
        projects = rows.identity.projects()
        users = sorted(rows.identity.users(), key=lambda user: user.name)
        return [UserEntry(user, memberships(rows.identity, user.id, projects)) for user in users]

    return directory.read(work)


def list_projects(directory: Directory) -> list[Project]:
    """Every project by name."""
    found = directory.read(lambda rows: rows.identity.projects())
    return sorted(found, key=lambda project: project.name)


def memberships(
    rows: IdentityRows, user_id: str, projects: Sequence[Project]
) -> tuple[Membership, ...]:
    """Where a user has roles, in the order of `projects`."""
    found = (Membership(project, rows.roles(user_id, project.id)) for project in projects)
    return tuple(membership for membership in found if membership.roles)


def bootstrap(
    directory: Directory, passwords: Passwords, keeper: CredentialKeeper
) -> Credentials | None:
    """Make the first admin if there is no user at all; its credentials, or None.

    The credentials are on disk before the user exists, so that no crash and no full disk leaves a
    user whose password nobody has; what an earlier start wrote without finishing is used again.
    """
    if directory.read(lambda rows: rows.identity.users()):
        return None
    credentials = keeper.kept() or Credentials(ADMIN, generated_password(), uuid.uuid4().hex, ADMIN)
    password_hash = _hashed(passwords, credentials.password)
    keeper.keep(credentials)

    def work(rows: DirectoryRows) -> bool:
        if rows.identity.users():
            return False
        project = Project(credentials.project_id, credentials.project_name, enabled=True)
        user = User(uuid.uuid4().hex, credentials.username, password_hash, True, project.id)
        rows.identity.put_project(project)
        rows.identity.put_user(user)
        rows.identity.put_roles(user.id, project.id, (ADMIN,))
        return True

    if directory.write(work):
        return credentials
    keeper.discard()
    return None


def _hashed(passwords: Passwords, password: str) -> str:
    if len(password) < PASSWORD_CHARS_MIN:
        raise PasswordRefused(reason=f"it must have at least {PASSWORD_CHARS_MIN} characters")
    return stamped(passwords.made(password))


def _check_name(kind: Kind, name: str, bytes_max: int) -> None:
    shown = name[:64]
    if not name or name != name.strip() or not name.isprintable():
        reason = "it must be printable characters, at least one, without blanks at either end"
        raise NameRefused(kind=kind, name=shown, reason=reason)
    if len(name.encode()) > bytes_max:
        raise NameRefused(kind=kind, name=shown, reason=f"it is longer than {bytes_max} bytes")


def _find(rows: Sequence[Row], name: str) -> Row | None:
    return next((row for row in rows if row.name == name), None)


def _named(kind: Kind, rows: Sequence[Row], name: str) -> Row:
    row = _find(rows, name)
    if row is None:
        raise NameUnknown(kind=kind, name=name)
    return row
