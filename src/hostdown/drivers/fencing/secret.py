"""Passwords of fence devices: where each is kept, read anew at each use, and kept out of sight."""

import base64
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from hostdown.domain.fence_errors import FenceFailed

SECRET_BYTES_MAX = 1024
"""Of one password of a fence device."""


class Secret:
    """A password in a file or in a variable of our environment; its `repr` names only the place."""

    def __init__(self, place: Path | str, environ: Mapping[str, str] = os.environ) -> None:
        self._place = place
        self._environ = environ

    def __repr__(self) -> str:
        return f"Secret({str(self._place)!r})"

    def read(self) -> str:
        """One line, without its end. Raises FenceFailed."""
        place = self._place
        text = _content(place) if isinstance(place, Path) else self._environ.get(place)
        if text is None:
            raise _refused(f"The environment variable {place} is not set")
        text = text.rstrip("\r\n")
        if not text or not text.isprintable():
            what = "is empty" if not text else "is more than one line of text"
            raise _refused(f"The password in {place} {what}")
        return text


def _content(path: Path) -> str:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            mode = os.fstat(descriptor).st_mode
            if not stat.S_ISREG(mode):
                raise _refused(f"The password file {path} is not a file")
            if mode & stat.S_IRWXO:
                raise _refused(f"Everybody may read or change {path}; 'chmod o= {path}' mends that")
            raw = file.read(SECRET_BYTES_MAX + 1)
    except OSError as error:
        raise _refused(f"The password file {path} cannot be read: {error.strerror}") from None
    if len(raw) > SECRET_BYTES_MAX:
        raise _refused(f"The password in {path} is longer than {SECRET_BYTES_MAX} bytes")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise _refused(f"The password in {path} is not UTF-8") from None


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
