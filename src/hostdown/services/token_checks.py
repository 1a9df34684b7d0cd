"""Is this token good? Asked with every request, so answered from memory.

Each worker holds the signing key, the revocations that matter, and the tokens it has verified. Key
and revocations are read again by `refresh`, which a periodic job calls each second; when that has
not happened for long, a check does it itself, and fails with the directory rather than believe a
token that may have been revoked.
"""

import secrets
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta

from hostdown.domain.identity_errors import TokenRefused
from hostdown.services.directory_ports import Directory, DirectoryRows, Revocation
from hostdown.services.tokens import KEY_BYTES, KEY_NAME, Claims, read_token

VERIFIED_MAX = 4096
"""Verified tokens that a worker remembers, some 2 kB each."""

REVOCATIONS_AGE_MAX = timedelta(seconds=5)
"""Older knowledge of revocations is read anew before a token is believed."""

TOKEN_LIFETIME_MAX = timedelta(hours=24)
"""The most that `[identity] token_lifetime` can be."""
REVOCATION_LIFE = TOKEN_LIFETIME_MAX + timedelta(hours=1)
"""A revocation outlives every token it is about, also where servers' clocks differ."""


def of_token(claims: Claims) -> str:
    """The revocation subject of one token."""
    return f"{_tokens_of(claims.user_id)}{claims.token_id}"


def _tokens_of(user_id: str) -> str:
    return f"token:{user_id}:"


def of_stamp(stamp: str) -> str:
    """The revocation subject of every token under one stamp."""
    return f"stamp:{stamp}"


def of_user(user_id: str) -> str:
    """The revocation subject of a user's tokens issued up to a moment."""
    return f"user:{user_id}"


class TokenChecks:
    """The checks of one worker process; safe to use from many threads."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._key: bytes | None = None
        self._revoked: dict[str, datetime] = {}
        self._refreshed_at: datetime | None = None
        self._refreshing = threading.Lock()
        self._verified: dict[str, Claims] = {}
        self._remembering = threading.Lock()

    def key(self) -> bytes:
        """The deployment's signing key; the first server that asks makes it."""
        if self._key is None:
            made = secrets.token_bytes(KEY_BYTES)
            self._key = self._directory.write(lambda rows: rows.keys.get_or_put(KEY_NAME, made))
        return self._key

    def refresh(self, now: datetime) -> None:
        """Read key and revocations anew; raises DirectoryUnavailable, and keeps what it knew."""
        with self._refreshing:
            self._read(now)

    def _read(self, now: datetime) -> None:
        """One at a time, so that nothing read earlier overwrites what was read later."""
        key, current = self._directory.read(
            lambda rows: (rows.keys.get(KEY_NAME), rows.revocations.current(now))
        )
        if key != self._key:
            self._key, self._verified = key, {}
        self._revoked = {row.subject: row.issued_until for row in current}
        self._refreshed_at = now

    def revoke(self, revocations: Sequence[Revocation], now: datetime) -> None:
        """Record revocations; this worker heeds them when this returns, others within a second."""

        def work(rows: DirectoryRows) -> None:
            for revocation in revocations:
                rows.revocations.put(revocation)

        self._directory.write(work)
        self.refresh(now)

    def revoked_tokens(self, user_id: str) -> int:
        """How many of a user's tokens are known to be revoked one by one."""
        prefix = _tokens_of(user_id)
        return sum(subject.startswith(prefix) for subject in self._revoked)

    def claims(self, text: str, now: datetime) -> Claims:
        """What a valid token says; raises TokenRefused, DirectoryUnavailable."""
        if self._is_stale(now):
            with self._refreshing:
                if self._is_stale(now):
                    self._read(now)
        verified = self._verified
        claims = verified.get(text)
        if claims is None:
            claims = read_token(self.key(), text)
            self._remember(verified, text, claims)
        if now >= claims.expires_at or self._is_revoked(claims):
            raise TokenRefused
        return claims

    def _is_stale(self, now: datetime) -> bool:
        seen = self._refreshed_at
        return seen is None or abs(now - seen) > REVOCATIONS_AGE_MAX

    def _is_revoked(self, claims: Claims) -> bool:
        revoked = self._revoked
        if not revoked:
            return False
        if of_token(claims) in revoked:
            return True
        for stamp in (claims.stamp, claims.project_stamp, claims.grant_stamp):
            if stamp is not None and of_stamp(stamp) in revoked:
                return True
        until = revoked.get(of_user(claims.user_id))
        return until is not None and claims.issued_at <= until

    def _remember(self, verified: dict[str, Claims], text: str, claims: Claims) -> None:
        """Under the key that `verified` was begun with; a newer one has begun another."""
        with self._remembering:
            verified[text] = claims
            while len(verified) > VERIFIED_MAX:
                del verified[next(iter(verified))]
