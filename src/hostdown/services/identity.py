"""What every change of users, projects and roles has in common; the first admin.

There is one domain, `Default`. Names are compared exactly. A role given is one of
`domain.roles.ALL`; what it implies is added when a token is made.
"""

import secrets
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Literal, TypeVar

import orjson

from hostdown.domain.identity_errors import (
    ExtraTooLarge,
    LastAdmin,
    NameRefused,
    NoSuch,
    PasswordRefused,
    TooManyKept,
)
from hostdown.domain.model import Caller
from hostdown.domain.roles import ADMIN
from hostdown.services import identity_journal as journal
from hostdown.services.directory_ports import Directory, DirectoryRows, Revocation
from hostdown.services.identity_journal import By
from hostdown.services.identity_ports import (
    SYSTEM,
    CredentialKeeper,
    Credentials,
    Extra,
    Held,
    NamedRows,
    Passwords,
    Project,
    Row,
    User,
)
from hostdown.services.stamps import hash_of, new_stamp, stamp_of, stamped
from hostdown.services.token_checks import REVOCATION_LIFE, of_stamp
from hostdown.services.tokens import KEY_BYTES, KEY_NAME

USER_NAME_BYTES_MAX = 255
"""As in Keystone's tables."""
PROJECT_NAME_BYTES_MAX = 64
"""As in Keystone's tables."""
PASSWORD_CHARS_MIN = 8
"""Of a password that is set."""
USERS_MAX = 5000
"""Lists come on one page; a larger cloud has a Keystone."""
PROJECTS_MAX = 5000
"""As of users."""
EXTRA_BYTES_MAX = 8192
"""What a client may keep with one user or project, as JSON."""
GENERATED_PASSWORD_BYTES = 18

Kind = Literal["user", "project"]
T = TypeVar("T")


def generated_password() -> str:
    """24 characters that need no quoting anywhere: 144 random bits."""
    return secrets.token_urlsafe(GENERATED_PASSWORD_BYTES)


def changing(directory: Directory, work: Callable[[DirectoryRows], T]) -> T:
    """Do a change of users, projects or roles; one at a time, on whatever server.

    Raises LastAdmin, and changes nothing, if nobody could administer any more.
    """

    def turn(rows: DirectoryRows) -> T:
        rows.identity.take_turn()
        had_admin = rows.identity.grants.admins() > 0
        done = work(rows)
        if had_admin and not rows.identity.grants.admins():
            raise LastAdmin
        return done

    return directory.write(turn)


def revoke_stamp(rows: DirectoryRows, stamp: str, now: datetime) -> None:
    """End every token that carries the stamp of a user or project."""
    rows.revocations.put(Revocation(of_stamp(stamp), now, now + REVOCATION_LIFE))


def end_tokens(rows: DirectoryRows, after: User, seen: User, now: datetime) -> User:
    """`after` under a stamp of its own; the tokens that `seen` has got are good for nothing."""
    revoke_stamp(rows, stamp_of(seen.password_hash), now)
    if stamp_of(after.password_hash) != stamp_of(seen.password_hash):
        return after
    return after._replace(password_hash=stamped(hash_of(after.password_hash)))


def existing(kind: Kind, rows: NamedRows[Row], row_id: str) -> Row:
    """The row with this id; raises NoSuch."""
    row = rows.get(row_id)
    if row is None:
        raise NoSuch(kind=kind, what=row_id[:64])
    return row


def check_room(kind: Kind, rows: NamedRows[Row], count_max: int) -> None:
    """Raises TooManyKept."""
    if rows.count() >= count_max:
        raise TooManyKept(kind=kind, count_max=count_max)


def check_name(kind: Kind, name: str) -> None:
    """Raises NameRefused."""
    bytes_max = USER_NAME_BYTES_MAX if kind == "user" else PROJECT_NAME_BYTES_MAX
    shown = name[:64]
    if not name or name != name.strip() or not name.isprintable():
        reason = "it must be printable characters, at least one, without blanks at either end"
        raise NameRefused(kind=kind, name=shown, reason=reason)
    if len(name.encode()) > bytes_max:
        raise NameRefused(kind=kind, name=shown, reason=f"it is longer than {bytes_max} bytes")


def merged(seen: Extra, new: Extra) -> Extra:
    """What is kept after a change; raises ExtraTooLarge."""
    extra = {**seen, **new}
    if len(orjson.dumps(extra)) > EXTRA_BYTES_MAX:
        raise ExtraTooLarge(limit=EXTRA_BYTES_MAX)
    return extra


def hashed(passwords: Passwords, password: str | None) -> str:
    """What is kept for a password, or for none; raises PasswordRefused."""
    if password is None:
        return stamped("")
    if len(password) < PASSWORD_CHARS_MIN:
        raise PasswordRefused(reason=f"it must have at least {PASSWORD_CHARS_MIN} characters")
    return stamped(passwords.made(password))


def rotate_key(directory: Directory, by: By) -> None:
    """Sign tokens with a new key from now on; those that there are end."""
    key = secrets.token_bytes(KEY_BYTES)

    def work(rows: DirectoryRows) -> None:
        rows.keys.put(KEY_NAME, key)
        journal.key(rows, by, KEY_NAME)

    directory.write(work)


def bootstrap(
    directory: Directory, passwords: Passwords, keeper: CredentialKeeper, now: datetime
) -> Credentials | None:
    """Make the first admin if there is no user at all; its credentials, or None.

    The credentials are on disk before the user exists, so that no crash and no full disk leaves a
    user whose password nobody has; what an earlier start wrote without finishing is used again.
    """
    if directory.read(lambda rows: rows.identity.users.count()):
        return None
    by = By(Caller("", "hostdown serve", None, (), "-"), now)
    credentials = keeper.kept() or Credentials(ADMIN, generated_password(), uuid.uuid4().hex, ADMIN)
    password_hash = hashed(passwords, credentials.password)
    keeper.keep(credentials)

    def work(rows: DirectoryRows) -> bool:
        if rows.identity.users.count():
            return False
        project = Project(
            credentials.project_id, credentials.project_name, True, new_stamp(), extra={}
        )
        user = User(uuid.uuid4().hex, credentials.username, password_hash, True, project.id, {})
        rows.identity.projects.put(project)
        rows.identity.users.put(user)
        journal.project(rows, by, None, project)
        journal.user(rows, by, None, user)
        for target in (project.id, SYSTEM):
            rows.identity.grants.put(user.id, target, Held((ADMIN,), new_stamp()))
            journal.grant(rows, by, user.id, target, ADMIN, given=True)
        return True

    if changing(directory, work):
        return credentials
    keeper.discard()
    return None
