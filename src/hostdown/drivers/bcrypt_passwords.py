"""Passwords hashed by bcrypt."""

import bcrypt

from hostdown.domain.identity_errors import PasswordRefused

ROUNDS = 12
"""A quarter of a second of one core per look, in 2026."""

PASSWORD_BYTES_MAX = 72
"""What bcrypt looks at; it would ignore the rest of a longer one."""


class BcryptPasswords:
    """Implements `services.identity_ports.Passwords`."""

    def __init__(self, rounds: int = ROUNDS) -> None:
        self._rounds = rounds

    def made(self, password: str) -> str:
        """Raises PasswordRefused for what bcrypt cannot take in full."""
        encoded = _encoded(password)
        if encoded is None:
            raise PasswordRefused(
                reason=f"it must have at most {PASSWORD_BYTES_MAX} bytes as UTF-8 and no NUL"
            )
        return bcrypt.hashpw(encoded, bcrypt.gensalt(self._rounds)).decode()

    def matches(self, password: str, password_hash: str) -> bool:
        """Takes as long for a password that is too long as for any other."""
        encoded = _encoded(password)
        same = bcrypt.checkpw(encoded or b"-", password_hash.encode())
        return same and encoded is not None


def _encoded(password: str) -> bytes | None:
    try:
        encoded = password.encode()
    except UnicodeEncodeError:
        return None
    return encoded if 0 < len(encoded) <= PASSWORD_BYTES_MAX and 0 not in encoded else None
