"""`services.image_ports.ImageFiles` in a directory: each image is a file that has its id as name.

`ID.part` are bytes on their way in. `ID.lock` is held by whoever changes the bytes; the kernel lets
go of it when that process ends, however it ends.
"""

import errno
import fcntl
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hostdown.domain.image_errors import ImageLost, ImageStorageFailed, ImageStorageFull
from hostdown.drivers.durable import sync_directory

CHUNK_BYTES = 1 << 20
"""What is read of a file at a time, for a download."""
SYNC_EVERY_BYTES = 64 << 20
"""Written bytes after which the disk must have them, so that the end of an upload is short."""
FREE_BYTES_MIN = 64 << 20
"""Room on the disk that images leave to the others, the database among them."""

LOCK_EVERY_S = 0.02
"""Between two tries to hold an image that somebody else holds."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class DirectoryImages:
    """Images in one directory, which is made when the first one comes."""

    def __init__(self, directory: Path, free_bytes_min: int = FREE_BYTES_MIN) -> None:
        self._directory = directory
        self._free_bytes_min = free_bytes_min

    def begin(self, image_id: str, size: int | None, wait_s: float = 0.0) -> "FileHold | None":
        with _told():
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            if size is not None:
                self._check_room(size)
            lock = _locked_within(self._directory / f"{image_id}.lock", wait_s)
        if lock is None:
            return None
        return FileHold(self._directory / image_id, lock, self._check_room)

    def read(self, image_id: str) -> Iterator[bytes]:
        with _told():
            try:
                # Closed by the generator, also where a reader leaves early.
                descriptor = os.open(self._directory / image_id, os.O_RDONLY)
            except FileNotFoundError as error:
                raise ImageLost(image_id=image_id) from error
        return _chunks(descriptor)

    def _check_room(self, wanted: int) -> None:
        if shutil.disk_usage(self._directory).free < wanted + self._free_bytes_min:
            raise ImageStorageFull


class FileHold:
    """`services.image_ports.Hold`; made by `DirectoryImages.begin`."""

    def __init__(self, kept: Path, lock: int, check_room: Callable[[int], None]) -> None:
        self.path = kept.with_name(f"{kept.name}.part")
        self._kept = kept
        self._lock = lock
        self._check_room = check_room
        self._part: int | None = None
        self._unsynced = 0

    def write(self, chunk: bytes) -> None:
        with _told():
            self._append(chunk)

    def keep(self) -> None:
        with _told():
            self._append(b"")
            self._close()
            os.rename(self.path, self._kept)
            sync_directory(self._kept.parent)

    def erase(self) -> None:
        with _told():
            self._close(sync=False)
            self.path.unlink(missing_ok=True)
            self._kept.unlink(missing_ok=True)

    def release(self) -> None:
        with suppress(OSError):
            self._close(sync=False)
            self.path.unlink(missing_ok=True)
        with suppress(OSError):
            self.path.with_suffix(".lock").unlink()
        os.close(self._lock)

    def _append(self, chunk: bytes) -> None:
        if self._part is None:
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
            self._check_room(0)
            self._part = os.open(self.path, flags, 0o600)
        left = memoryview(chunk)
        while left:
            left = left[os.write(self._part, left) :]
        self._unsynced += len(chunk)
        if self._unsynced >= SYNC_EVERY_BYTES:
            os.fdatasync(self._part)
            self._unsynced = 0
            self._check_room(0)

    def _close(self, sync: bool = True) -> None:
        part, self._part = self._part, None
        if part is None:
            return
        try:
            if sync:
                os.fsync(part)
        finally:
            os.close(part)


def _locked_within(path: Path, wait_s: float) -> int | None:
    """As `_locked`, asked again for some time."""
    pause = threading.Event()
    for _ in range(round(wait_s / LOCK_EVERY_S)):
        lock = _locked(path)
        if lock is not None:
            return lock
        pause.wait(LOCK_EVERY_S)
    return _locked(path)


def _locked(path: Path) -> int | None:
    """A descriptor that holds the lock; None while somebody else does.

    Whoever lets go removes the file, so what was locked may no longer be what has the name.
    """
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(descriptor), os.stat(path)):
                return descriptor
        except BlockingIOError:
            os.close(descriptor)
            return None
        except FileNotFoundError:
            pass
        os.close(descriptor)


def _chunks(descriptor: int) -> Iterator[bytes]:
    with open(descriptor, "rb", buffering=0) as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


@contextmanager
def _told() -> Iterator[None]:
    """Say what an OSError means for images."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise ImageStorageFull from error
        raise ImageStorageFailed(reason=error.strerror or str(error)) from error
