"""The slots of hosts as files on a pool: `<pool>/.hosts/<host>`, each locked by its host's agent.

The lock is of the kind that QEMU takes on images: an OFD lock, which a filer or the kernel keeps
for the open file. It is tested without taking it, so that a test never stands in its host's way.
"""

import errno
import fcntl
import os
import re
import struct
from contextlib import suppress
from pathlib import Path

import orjson

from hostdown.domain.pools import Slot
from hostdown.drivers.durable import sync_directory
from hostdown.drivers.pool import HOSTS, PoolDirectory

SLOT_BYTES = 512
"""A slot: what disks and filers write as a whole."""

PEERS_MAX = 64
"""Slots of others that a host looks at: each of its neighbours by id, so all are looked at."""

_HOST = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LOCK = struct.Struct("hhqqi4x")
"""`struct flock`: type, whence, start, length, and the process, which is 0 for such a lock."""
_MOUNTS = Path("/proc/self/mountinfo")
_REFUSED = frozenset({errno.EAGAIN, errno.EACCES})
_NO_LOCKS = frozenset({errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL})


class HostSlots:
    """`agent.pool_watch.Slots` on one pool. Called by one thread."""

    def __init__(self, pool: PoolDirectory, mounts: Path = _MOUNTS) -> None:
        """`mounts`: what is mounted where, as the kernel tells (proc_pid_mountinfo(5))."""
        self._pool = pool
        self._mounts = mounts
        self._mine: int | None = None
        self._held: bool | None = False

    def pool_id(self) -> str:
        """See `Slots`."""
        return self._pool.id()

    def renew(self, host: str, slot: Slot) -> bool | None:
        """See `Slots`."""
        with self._pool.root() as root:
            mine = self._opened(root, host)
            if self._held is False:
                self._held = _take(mine)
            if self._held is not False:
                os.pwrite(mine, _text(slot), 0)
                os.fdatasync(mine)
            return self._held

    def others(self, host: str) -> dict[str, Slot]:
        """See `Slots`."""
        with self._pool.root() as root:
            directory = _there(root)
            try:
                names = sorted(each for each in os.listdir(directory) if _HOST.fullmatch(each))
            finally:
                os.close(directory)
            first = [each for each in names if each > host]
            peers = [*first, *(each for each in names if each < host)][:PEERS_MAX]
            found = {each: _read(root, each) for each in peers}
        return {each: slot for each, slot in found.items() if slot is not None}

    def is_locked(self, host: str) -> bool:
        """See `Slots`."""
        with self._pool.root() as root:
            descriptor = os.open(_path(host), os.O_RDONLY | os.O_CLOEXEC, dir_fd=root)
            try:
                asked = _LOCK.pack(fcntl.F_RDLCK, os.SEEK_SET, 0, 1, 0)
                answer = fcntl.fcntl(descriptor, fcntl.F_OFD_GETLK, asked)
            except OSError as error:
                if error.errno in _NO_LOCKS:
                    return False
                raise
            finally:
                os.close(descriptor)
        return bool(_LOCK.unpack(answer)[0] != fcntl.F_UNLCK)

    def takes_late_writes(self) -> bool:
        """See `Slots`. NFS below version 4, whose mounts are of a type of their own, does."""
        with self._pool.root() as root:
            device = os.fstat(root).st_dev
        number = f"{os.major(device)}:{os.minor(device)}"
        for line in self._mounts.read_text().splitlines():
            where, _, what = line.partition(" - ")
            if where.split()[2] == number:
                return what.startswith("nfs ")
        return False

    def _opened(self, root: int, host: str) -> int:
        """My slot, kept open for its lock; anew if it is another file now, or another pool."""
        if self._mine is not None:
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(self._mine), os.stat(_path(host), dir_fd=root)):
                    return self._mine
            os.close(self._mine)
            self._mine = None
        self._held = False
        os.close(_there(root))
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        self._mine = os.open(_path(host), flags, 0o644, dir_fd=root)
        sync_directory(HOSTS, root)
        return self._mine


def _there(root: int) -> int:
    """A descriptor of the directory of slots, which is made if need be."""
    with suppress(FileExistsError):
        os.mkdir(HOSTS, 0o755, dir_fd=root)
        sync_directory(".", root)
    return os.open(HOSTS, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=root)


def _path(host: str) -> str:
    return os.path.join(HOSTS, host)


def _take(descriptor: int) -> bool | None:
    """Whether the lock is mine now; None if there are no locks here."""
    asked = _LOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, 0, 1, 0)
    try:
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, asked)
    except OSError as error:
        if error.errno in _REFUSED:
            return False
        if error.errno in _NO_LOCKS:
            return None
        raise
    return True


def _text(slot: Slot) -> bytes:
    return orjson.dumps(slot._asdict()).ljust(SLOT_BYTES - 1) + b"\n"


def _read(root: int, host: str) -> Slot | None:
    """None where it is not one, or not whole."""
    try:
        descriptor = os.open(_path(host), os.O_RDONLY | os.O_CLOEXEC, dir_fd=root)
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(SLOT_BYTES)
    try:
        fields = orjson.loads(content)
        return Slot(str(fields["process"]), int(fields["boot"]), int(fields["counter"]))
    except (ValueError, KeyError, TypeError):
        return None
