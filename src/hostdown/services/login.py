"""Log in, change the project, log out.

The user is read again after the slow look at the password, so that a log-in which overlaps a change
of the password, or the disabling of the user, does not slip through.
"""

import secrets
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from hostdown.domain.identity_errors import LoginRefused, TokenRefused
from hostdown.domain.roles import with_implied
from hostdown.services.directory_ports import Directory, DirectoryRows, Revocation
from hostdown.services.identity_ports import SYSTEM, IdentityRows, Project, User
from hostdown.services.looks import Looks
from hostdown.services.stamps import stamp_of
from hostdown.services.token_checks import REVOCATION_LIFE, TokenChecks, of_token, of_user
from hostdown.services.tokens import Claims, write_token

TOKEN_REVOCATIONS_PER_USER_MAX = 1000
"""A user that logs out more often within a token's life has all tokens revoked instead."""


class Scope(NamedTuple):
    """What a log-in asks for: the user's default project, no project, one project, the system.

    A project is meant by id, or by name.
    """

    kind: Literal["default", "none", "project", "system"]
    project_id: str | None = None
    project_name: str | None = None


DEFAULT_SCOPE = Scope("default")


class Issued(NamedTuple):
    """A new token: its text, and what it says."""

    text: str
    claims: Claims


class Logins:
    """The log-ins of one worker process; safe to use from many threads."""

    def __init__(
        self,
        directory: Directory,
        checks: TokenChecks,
        looks: Looks,
        token_lifetime: timedelta,
    ) -> None:
        self._directory = directory
        self._checks = checks
        self._looks = looks
        self._lifetime = token_lifetime

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
        user = self._looks.right(seen, who, password, source, monotonic_s)
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

    def without_password(self, name: str, now: datetime) -> Issued:
        """A token for a user whom this server itself acts as; raises LoginRefused."""
        key = self._checks.key()

        def work(rows: DirectoryRows) -> Issued:
            user = _user(rows, name, "name")
            if user is None:
                raise LoginRefused
            return self._issue(rows, key, user, DEFAULT_SCOPE, ("password",), now)

        return self._directory.read(work)

    def log_out(self, claims: Claims, now: datetime) -> None:
        """Revoke one token, or all of its user when there would be too many revocations."""
        subject = of_token(claims)
        if self._checks.revoked_tokens(claims.user_id) >= TOKEN_REVOCATIONS_PER_USER_MAX:
            subject = of_user(claims.user_id)
        self._checks.revoke([Revocation(subject, now, now + REVOCATION_LIFE)], now)

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
        target = SYSTEM if scope.kind == "system" else project.id if project else None
        held = rows.identity.grants.of(user.id, target) if target else None
        if target and held is None:
            if scope.kind != "default":
                raise LoginRefused
            project = None
        claims = Claims(
            token_id=secrets.token_urlsafe(16),
            parent_id=(old.parent_id or old.token_id) if old else None,
            user_id=user.id,
            user_name=user.name,
            project_id=project.id if project else None,
            project_name=project.name if project else None,
            project_stamp=project.stamp if project else None,
            grant_stamp=held.stamp if held else None,
            system=scope.kind == "system",
            roles=with_implied(held.roles if held else ()),
            methods=methods,
            stamp=stamp_of(user.password_hash),
            issued_at=now,
            expires_at=old.expires_at if old else now + self._lifetime,
        )
        return Issued(write_token(key, claims), claims)


def _user(rows: DirectoryRows, who: str, by: Literal["id", "name"]) -> User | None:
    return rows.identity.users.get(who) if by == "id" else rows.identity.users.named(who)


def _project(rows: IdentityRows, user: User, scope: Scope) -> Project | None:
    """The project that a log-in means, or None for a token without one."""
    found = None
    if scope.kind == "default" and user.default_project_id is not None:
        found = rows.projects.get(user.default_project_id)
    elif scope.project_id is not None:
        found = rows.projects.get(scope.project_id)
    elif scope.project_name is not None:
        found = rows.projects.named(scope.project_name)
    if found is not None and found.enabled:
        return found
    if scope.kind == "project":
        raise LoginRefused
    return None
