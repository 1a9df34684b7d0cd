"""Passwords of fence devices: where each is kept, read anew at each use, and kept out of sight."""

import base64
import os
from collections.abc import Mapping
from urllib.parse import quote

from hostdown.domain.fence_errors import FenceFailed
from hostdown.drivers.secret_place import Place, read_place


class Secret:
    """A password in a file or in a variable of our environment; its `repr` names only the place."""

    def __init__(self, place: Place, environ: Mapping[str, str] = os.environ) -> None:
        self._place = place
        self._environ = environ

    def __repr__(self) -> str:
        return f"Secret({str(self._place)!r})"

    def read(self) -> str:
        """One line, without its end. Raises FenceFailed."""
        return read_place(self._place, self._environ, "password", _refused)


def _refused(what: str) -> FenceFailed:
    return FenceFailed(f"{what}.", retry=False)


def without(text: str, user: str | None, secrets: list[str]) -> str:
    """A device's text, printable, with each secret struck out, also as URLs and logins spell it."""
    for secret in secrets:
        login = base64.b64encode(f"{user or ''}:{secret}".encode()).decode()
        for shape in {secret, quote(secret), quote(secret, safe=""), login}:
            text = text.replace(shape, "***")
    return printable(text)


def printable(text: str) -> str:
    """What a device says, as every terminal and database takes it: PostgreSQL keeps no NUL."""
    return "".join(each if each.isprintable() else " " for each in text)
