"""Log in, change the project, log out.

The user is read again after the slow look at the password, so that a log-in which overlaps a change
of the password, or the disabling of the user, does not slip through.
"""

import hashlib
import hmac
import logging
import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from hostdown.domain.identity_errors import (
    LoginRefused,
    LoginsBusy,
    TokenRefused,
    TooManyGuesses,
)
from hostdown.domain.roles import with_implied
from hostdown.services.directory_ports import (
    Directory,
    DirectoryRows,
    IdentityRows,
    Project,
    Revocation,
    User,
)
from hostdown.services.guesses import GuessLimits
from hostdown.services.identity_ports import Passwords
from hostdown.services.stamps import hash_of, stamp_of, stamped
from hostdown.services.token_checks import REVOCATION_LIFE, TokenChecks, of_token, of_user
from hostdown.services.tokens import Claims, write_token

LOG = logging.getLogger(__name__)

LOOKS_AT_ONCE = 1
"""Slow looks at a password that run at the same time in a worker: the rest of it serves the API."""

LOOKS_WAITING_MAX = 4
LOOK_WAIT_S = 5.0
RIGHT_REMEMBERED_MAX = 1000
"""Right passwords a worker recognises without a slow look, as keyed digests."""

TOKEN_REVOCATIONS_PER_USER_MAX = 1000
"""A user that logs out more often within a token's life has all tokens revoked instead."""


class Scope(NamedTuple):
    """What a log-in asks for: the user's default project, no project, or one by id or by name."""

    kind: Literal["default", "none", "project"]
    project_id: str | None = None
    project_name: str | None = None


DEFAULT_SCOPE = Scope("default")


class Issued(NamedTuple):
    """A new token: its text, and what it says."""

    text: str
    claims: Claims


class _Gate:
    """Lets few through at once and few wait."""

    def __init__(self, wait_s: float) -> None:
        self._wait_s = wait_s
        self._running = threading.BoundedSemaphore(LOOKS_AT_ONCE)
        self._present = threading.BoundedSemaphore(LOOKS_AT_ONCE + LOOKS_WAITING_MAX)

    @contextmanager
    def passed(self) -> Iterator[None]:
        """Raises LoginsBusy when there are too many, or it takes too long."""
        if not self._present.acquire(blocking=False):
            raise LoginsBusy(retry_after_s=1)
        try:
            if not self._running.acquire(timeout=self._wait_s):
                raise LoginsBusy(retry_after_s=1)
            try:
                yield
            finally:
                self._running.release()
        finally:
            self._present.release()


class _RightPasswords:
    """Recognises passwords that a slow look found right, by digests under a key of this process.

    Stock clients log in with every command; without this each would cost a quarter of a second of
    processor time. A changed password has another hash and is not recognised.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._digests: OrderedDict[bytes, None] = OrderedDict()
        self._lock = threading.Lock()

    def _digest(self, password: str, password_hash: str) -> bytes:
        message = password_hash.encode() + b"\0" + password.encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, message, hashlib.sha256)

    def knows(self, password: str, password_hash: str) -> bool:
        return self._digest(password, password_hash) in self._digests

    def learn(self, password: str, password_hash: str) -> None:
        with self._lock:
            self._digests[self._digest(password, password_hash)] = None
            while len(self._digests) > RIGHT_REMEMBERED_MAX:
                self._digests.popitem(last=False)


class Logins:
    """The log-ins of one worker process; safe to use from many threads."""

    def __init__(
        self,
        directory: Directory,
        checks: TokenChecks,
        passwords: Passwords,
        token_lifetime: timedelta,
        look_wait_s: float = LOOK_WAIT_S,
    ) -> None:
        self._directory = directory
        self._checks = checks
        self._passwords = passwords
        self._lifetime = token_lifetime
        self._limits = GuessLimits()
        self._gate = _Gate(look_wait_s)
        self._right = _RightPasswords()
        self._nobody: str | None = None

    def with_password(
        self,
        who: str,
        by: Literal["id", "name"],
        password: str,
        scope: Scope,
        source: str,
        now: datetime,
        monotonic_s: float,
    ) -> Issued:
        """A token for the right password; `source` is the address that asks.

        Raises LoginRefused, TooManyGuesses, LoginsBusy, DirectoryUnavailable.
        """
        key = self._checks.key()
        seen = self._directory.read(lambda rows: _user(rows, who, by))
        try:
            user = self._look(seen, who, password, source, monotonic_s)
        except (LoginRefused, TooManyGuesses) as error:
            # A name that nobody has may be a password, typed into the wrong field.
            name = repr(seen.name) if seen else "an unknown user"
            LOG.warning("A log-in as %s from %s failed: %s", name, source, error.code)
            raise
        return self._directory.read(
            lambda rows: self._issue(rows, key, user, scope, ("password",), now)
        )

    def with_token(self, text: str, scope: Scope, now: datetime) -> Issued:
        """A token for another project, which ends when the old one ends; raises LoginRefused."""
        try:
            old = self._checks.claims(text, now)
        except TokenRefused as error:
            raise LoginRefused from error
        key = self._checks.key()

        def work(rows: DirectoryRows) -> Issued:
            user = _user(rows, old.user_id, "id")
            if user is None or stamp_of(user.password_hash) != old.stamp:
                raise LoginRefused
            return self._issue(rows, key, user, scope, ("token", "password"), now, old)

        return self._directory.read(work)

    def log_out(self, claims: Claims, now: datetime) -> None:
        """Revoke one token, or all of its user when there would be too many revocations."""
        subject = of_token(claims)
        if self._checks.revoked_tokens(claims.user_id) >= TOKEN_REVOCATIONS_PER_USER_MAX:
            subject = of_user(claims.user_id)
        self._checks.revoke([Revocation(subject, now, now + REVOCATION_LIFE)], now)

    def _look(
        self, seen: User | None, who: str, password: str, source: str, monotonic_s: float
    ) -> User:
        """Raise LoginRefused unless the password is right; unknown users take as long as known."""
        account = seen.id if seen else who
        self._limits.pay(account, source, monotonic_s)
        if seen is None or not self._right.knows(password, seen.password_hash):
            with self._gate.passed():
                kept = seen.password_hash if seen else self._nobodys()
                right = self._passwords.matches(password, hash_of(kept))
            if seen is None or not right:
                raise LoginRefused
            self._right.learn(password, seen.password_hash)
        self._limits.right(account, source, monotonic_s)
        return seen

    def _nobodys(self) -> str:
        if self._nobody is None:
            self._nobody = stamped(self._passwords.made(secrets.token_urlsafe(16)))
        return self._nobody

    def _issue(
        self,
        rows: DirectoryRows,
        key: bytes,
        seen: User,
        scope: Scope,
        methods: tuple[str, ...],
        now: datetime,
        old: Claims | None = None,
    ) -> Issued:
        user = _user(rows, seen.id, "id")
        if user is None or not user.enabled or user.password_hash != seen.password_hash:
            raise LoginRefused
        project = _project(rows.identity, user, scope)
        granted = rows.identity.roles(user.id, project.id) if project else ()
        if project and not granted:
            raise LoginRefused
        claims = Claims(
            token_id=secrets.token_urlsafe(16),
            parent_id=(old.parent_id or old.token_id) if old else None,
            user_id=user.id,
            user_name=user.name,
            project_id=project.id if project else None,
            project_name=project.name if project else None,
            roles=with_implied(granted),
            methods=methods,
            stamp=stamp_of(user.password_hash),
            issued_at=now,
            expires_at=old.expires_at if old else now + self._lifetime,
        )
        return Issued(write_token(key, claims), claims)


def _user(rows: DirectoryRows, who: str, by: Literal["id", "name"]) -> User | None:
    users = rows.identity.users()
    return next((user for user in users if (user.id if by == "id" else user.name) == who), None)


def _project(rows: IdentityRows, user: User, scope: Scope) -> Project | None:
    """The project that a log-in means, or None for a token without one."""
    if scope.kind == "none" or (scope.kind == "default" and user.default_project_id is None):
        return None
    wanted_id = user.default_project_id if scope.kind == "default" else scope.project_id
    for project in rows.projects():
        if project.id == wanted_id or (wanted_id is None and project.name == scope.project_name):
            if project.enabled:
                return project
            break
    if scope.kind == "default":
        return None
    raise LoginRefused
