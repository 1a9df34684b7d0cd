"""Others' passwords and keys: in a file or a variable of our environment, read at each use."""

import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

SECRET_BYTES_MAX = 1024
"""Of one secret."""

Place = Path | str
"""A file, or the name of a variable."""
Refused = Callable[[str], Exception]
"""Makes an error of a sentence without its end."""


def read_place(place: Place, environ: Mapping[str, str], what: str, refused: Refused) -> str:
    """One line, without its end; raises what `refused` makes. `what`: password, or key."""
    text = _content(place, what, refused) if isinstance(place, Path) else environ.get(place)
    if text is None:
        raise refused(f"The environment variable {place} is not set")
    text = text.rstrip("\r\n")
    if not text or not text.isprintable():
        why = "is empty" if not text else "is more than one line of text"
        raise refused(f"The {what} in {place} {why}")
    return text


def _content(path: Path, what: str, refused: Refused) -> str:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            mode = os.fstat(descriptor).st_mode
            if not stat.S_ISREG(mode):
                raise refused(f"The {what} file {path} is not a file")
            if mode & stat.S_IRWXO:
                raise refused(f"Everybody may read or change {path}; 'chmod o= {path}' mends that")
            raw = file.read(SECRET_BYTES_MAX + 1)
    except OSError as error:
        raise refused(f"The {what} file {path} cannot be read: {error.strerror}") from None
    if len(raw) > SECRET_BYTES_MAX:
        raise refused(f"The {what} in {path} is longer than {SECRET_BYTES_MAX} bytes")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise refused(f"The {what} in {path} is not UTF-8") from None
