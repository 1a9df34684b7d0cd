"""A secret in a file of its own, for its owner's eyes only."""

import os
from pathlib import Path

from hostdown.domain.errors import SecretFileUnusable

LENGTH_MIN = 16
"""Bytes; an enrolment secret answers for every host that will ever be."""

BYTES_MAX = 4096
"""Of an enrolment secret."""


def read_secret(path: Path) -> bytes:
    """The content without surrounding white space; raises SecretFileUnusable."""
    try:
        with path.open("rb") as file:
            secret = file.read(BYTES_MAX + 1).strip()
    except OSError as error:
        raise SecretFileUnusable(path=path, reason=error.strerror) from error
    if not LENGTH_MIN <= len(secret) <= BYTES_MAX:
        raise SecretFileUnusable(
            path=path, reason=f"it must hold {LENGTH_MIN} to {BYTES_MAX} bytes"
        )
    return secret


def write_secret(path: Path, secret: bytes) -> None:
    """Put it there, mode 0600, unless it is there already; raises SecretFileUnusable."""
    try:
        if path.exists() and path.read_bytes().strip() == secret:
            return
        temporary = path.with_name(f"{path.name}.{os.getpid()}.new")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(secret + b"\n")
            out.flush()
            os.fsync(out.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise SecretFileUnusable(path=path, reason=error.strerror) from error
