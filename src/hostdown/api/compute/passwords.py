"""Passwords for servers whose owners name none. Nobody sets them: guests have no agent for it."""

import secrets
import string

PASSWORD_LENGTH = 12
"""Nova's `password_length`."""
_LETTERS = string.ascii_letters + string.digits


def generated_password() -> str:
    """Another one each time."""
    return "".join(secrets.choice(_LETTERS) for _ in range(PASSWORD_LENGTH))
