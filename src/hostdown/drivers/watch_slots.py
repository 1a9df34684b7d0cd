"""The slots of watched hosts as files on a pool, `<pool>/.watch/<host>`: renewal, then mark.

All goes past this machine's caches (O_DIRECT): what is read is what the storage has, and what is
written was taken by it. A file system that refuses that has no slots here (NEVER-TWICE F6). The
file is opened anew each time, beneath a root whose marker was seen.
"""

import errno
import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from hostdown.domain.watchdog import (
    BLOCK_BYTES,
    SLOT_BYTES,
    Mark,
    Renewal,
    SlotContent,
    forbids,
    mark_block,
    renewal_block,
    slot_content,
)
from hostdown.drivers.durable import sync_directory
from hostdown.drivers.pool import PoolDirectory, write_new

WATCH = ".watch"
"""The directory of the slots, beside the instances."""


class WatchSlotFiles:
    """`agent.watch_ports.WatchSlots` on one pool."""

    def __init__(self, pool: PoolDirectory) -> None:
        self._pool = pool

    def pool_id(self) -> str:
        """See `WatchSlots`."""
        return self._pool.id()

    def renew(self, host: str, renewal: Renewal) -> SlotContent:
        """See `WatchSlots`. The first time the file is made."""
        with self._pool.root() as root:
            if not _is_there(root, host):
                _make(root, host)
            with _opened(root, host) as slot:
                _write(slot, renewal_block(renewal), 0)
                return _read(slot)

    def read(self, host: str) -> SlotContent:
        """See `WatchSlots`."""
        with self._pool.root() as root, _opened(root, host) as slot:
            return _read(slot)

    def mark(self, host: str, mark: Mark) -> SlotContent:
        """See `WatchSlots`."""
        with self._pool.root() as root, _opened(root, host) as slot:
            if not forbids(_read(slot).mark, mark.boot):
                _write(slot, mark_block(mark), BLOCK_BYTES)
            os.fsync(slot)
            return _read(slot)


def _is_there(root: int, host: str) -> bool:
    try:
        os.stat(os.path.join(WATCH, host), dir_fd=root)
    except FileNotFoundError:
        return False
    return True


def _make(root: int, host: str) -> None:
    """Whole, so that nobody ever sees it shorter."""
    with suppress(FileExistsError):
        os.mkdir(WATCH, 0o755, dir_fd=root)
        sync_directory(".", root)
    directory = os.open(WATCH, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=root)
    try:
        temporary = f"{host}.new"
        with suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=directory)
        write_new(temporary, bytes(SLOT_BYTES), directory)
        os.rename(temporary, host, src_dir_fd=directory, dst_dir_fd=directory)
        os.fsync(directory)
    finally:
        os.close(directory)


@contextmanager
def _opened(root: int, host: str) -> Iterator[int]:
    path = os.path.join(WATCH, host)
    try:
        slot = os.open(path, os.O_RDWR | os.O_DIRECT | os.O_CLOEXEC, dir_fd=root)
    except OSError as error:
        if error.errno == errno.EINVAL:
            what = "its file system has no O_DIRECT, and without that a slot proves nothing"
            raise OSError(errno.EINVAL, what) from error
        raise
    try:
        yield slot
    finally:
        os.close(slot)


def _write(slot: int, block: bytes, at: int) -> None:
    with mmap.mmap(-1, BLOCK_BYTES) as aligned:
        aligned[:] = block
        if os.pwritev(slot, [aligned], at) != BLOCK_BYTES:
            raise OSError("the storage took a part of it")


def _read(slot: int) -> SlotContent:
    with mmap.mmap(-1, SLOT_BYTES) as aligned:
        count = os.preadv(slot, [aligned], 0)
        return slot_content(aligned[:count])
