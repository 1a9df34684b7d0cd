"""A pool on a real file system: a directory with a marker in its root (NEVER-TWICE, Words and L4).

Without the marker the pool is absent, whatever else lies there: an empty mount point looks like an
empty pool, and a server that is "not there yet" on it would be made anew over its own disk.
"""

import errno
import os
import secrets
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson

from hostdown.domain.pool_errors import PoolAbsent, PoolFailed, PoolForeign, PoolFull

MARKER = "hostdown-pool"
HOSTS = ".hosts"
"""Where hosts have their slots, beside the instances."""
MARKER_BYTES_MAX = 4096
"""What is read of a marker."""

_FORM = 1
_NEVER_FOREIGN = frozenset({"lost+found"})
"""What file systems make by themselves."""

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})


class PoolDirectory:
    """The pool in `path`. The marker is looked for at each use, because mounts come and go."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def id(self) -> str:
        """The same on every host that mounts it; raises PoolAbsent."""
        with self.root():
            found = pool_of(self.path)
        if found is None:
            raise PoolAbsent(path=self.path, reason=f"no {MARKER} file")
        return found

    @contextmanager
    def root(self) -> Iterator[int]:
        """A descriptor of the root, for paths that cannot leave this mount; raises PoolAbsent.

        What the caller does there may fail as the storage does: raises PoolFull, PoolFailed.
        """
        try:
            root = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise PoolAbsent(path=self.path, reason=error.strerror) from error
        try:
            if _marker(root) is None:
                raise PoolAbsent(path=self.path, reason=f"no {MARKER} file")
            yield root
        except OSError as error:
            raise failed(self.path, error) from error
        finally:
            os.close(root)


def pool_of(path: Path) -> str | None:
    """The id of the pool in `path`; None if there is none, or none that this version knows."""
    try:
        root = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return _marker(root)
    finally:
        os.close(root)


def init_pool(path: Path) -> str:
    """Make a pool of an empty directory, or of none; the id of the one that is there, if one is.

    Raises PoolForeign.
    """
    try:
        path.mkdir(mode=0o755, exist_ok=True)
        names = {each for each in os.listdir(path) if not each.startswith(f"{MARKER}.")}
    except OSError as error:
        raise PoolForeign(path=path, reason=error.strerror) from error
    if MARKER not in names and names - _NEVER_FOREIGN:
        raise PoolForeign(
            path=path, reason="it holds other files; take an empty directory or one of its own"
        )
    try:
        _write_marker(path)
    except OSError as error:
        raise PoolForeign(path=path, reason=error.strerror) from error
    found = pool_of(path)
    if found is None:
        raise PoolForeign(
            path=path, reason=f"its {MARKER} file is not one that this version can read"
        )
    return found


def make_pool(path: Path) -> None:
    """For an agent that starts: make the directory, if there is none, and a pool of it.

    A directory that is there is not touched: it may be a mount point. Raises PoolForeign.
    """
    try:
        path.mkdir(mode=0o755, parents=True)
    except FileExistsError:
        return
    except OSError as error:
        raise PoolForeign(path=path, reason=error.strerror) from error
    init_pool(path)


def failed(path: Path, error: OSError) -> PoolFull | PoolFailed:
    """What an error of the storage means."""
    if error.errno in _NO_ROOM:
        return PoolFull(path=path)
    return PoolFailed(path=path, reason=error.strerror or str(error))


def write_new(name: str, content: bytes, directory: int) -> None:
    """Write a file that nobody else has, durable but for its name; raises OSError."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    descriptor = os.open(name, flags, 0o644, dir_fd=directory)
    with os.fdopen(descriptor, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())


def _marker(root: int) -> str | None:
    try:
        descriptor = os.open(MARKER, os.O_RDONLY | os.O_CLOEXEC, dir_fd=root)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        try:
            fields = orjson.loads(file.read(MARKER_BYTES_MAX))
        except (OSError, orjson.JSONDecodeError):
            return None
    known = isinstance(fields, dict) and fields.get("version") == _FORM
    return str(fields["id"]) if known and "id" in fields else None


def _write_marker(path: Path) -> None:
    """Of several that try at once one makes it, whole, and the others find it."""
    root = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        temporary = f"{MARKER}.{secrets.token_hex(8)}"
        content = orjson.dumps({"version": _FORM, "id": str(uuid.uuid4())}) + b"\n"
        write_new(temporary, content, root)
        try:
            os.link(temporary, MARKER, src_dir_fd=root, dst_dir_fd=root)
        except FileExistsError:
            return
        finally:
            os.unlink(temporary, dir_fd=root)
            os.fsync(root)
    finally:
        os.close(root)
