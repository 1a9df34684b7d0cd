"""Slow looks at passwords: few at a time, none twice for who is known, and guesses are counted."""

import hashlib
import hmac
import logging
import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from hostdown.domain.identity_errors import LoginRefused, LoginsBusy, TooManyGuesses
from hostdown.services.guesses import GuessLimits
from hostdown.services.identity import hashed
from hostdown.services.identity_ports import Passwords, User
from hostdown.services.stamps import hash_of

LOG = logging.getLogger(__name__)

LOOKS_AT_ONCE = 1
"""Slow looks at a password that run at the same time in a worker: the rest of it serves the API."""

LOOKS_WAITING_MAX = 4
"""Log-ins that wait for a look; further ones are answered with 503."""
LOOK_WAIT_S = 5.0
"""What a log-in waits for its look, then 503."""
RIGHT_REMEMBERED_MAX = 1000
"""Right passwords a worker recognises without a slow look, as keyed digests."""


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


class Looks:
    """The looks of one worker process; safe to use from many threads."""

    def __init__(self, passwords: Passwords, wait_s: float = LOOK_WAIT_S) -> None:
        self._passwords = passwords
        self._limits = GuessLimits()
        self._gate = _Gate(wait_s)
        self._right = _RightPasswords()
        self._nobody: str | None = None

    def right(
        self, seen: User | None, who: str, password: str, source: str, monotonic_s: float
    ) -> User:
        """The user, if the password is right; `source` is the address that asks.

        Raises LoginRefused, TooManyGuesses, LoginsBusy. Unknown users take as long as known ones.
        """
        try:
            return self._look(seen, who, password, source, monotonic_s)
        except (LoginRefused, TooManyGuesses) as error:
            # A name that nobody has may be a password, typed into the wrong field.
            name = repr(seen.name) if seen else "an unknown user"
            LOG.warning("A log-in as %s from %s failed: %s", name, source, error.code)
            raise

    def hashed(self, password: str | None) -> str:
        """`identity.hashed`, which is as slow as a look; raises LoginsBusy too."""
        with self._gate.passed():
            return hashed(self._passwords, password)

    def _look(
        self, seen: User | None, who: str, password: str, source: str, monotonic_s: float
    ) -> User:
        account = seen.id if seen else who
        self._limits.pay(account, source, monotonic_s)
        if seen is None or not self._right.knows(password, seen.password_hash):
            with self._gate.passed():
                # A user without a password takes as long, and is refused as well.
                kept = hash_of(seen.password_hash) if seen else ""
                right = self._passwords.matches(password, kept or self._nobodys())
            if seen is None or not kept or not right:
                raise LoginRefused
            self._right.learn(password, seen.password_hash)
        self._limits.right(account, source, monotonic_s)
        return seen

    def _nobodys(self) -> str:
        if self._nobody is None:
            self._nobody = self._passwords.made(secrets.token_urlsafe(16))
        return self._nobody
