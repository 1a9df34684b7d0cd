"""Images on a pool, each fetched once: `<pool>/_base/<digest>`, checked before it has that name."""

import hashlib
import os
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from hostdown.domain.assignment import ImageSource
from hostdown.domain.disk_errors import ImageBad
from hostdown.drivers.durable import sync_directory

DIRECTORY = "_base"
_ATTEMPT = "tmp-"
_CHUNK_BYTES = 1 << 20
_QCOW2 = b"QFI\xfb"
_QCOW2_HEADER_BYTES = 80
_EXTERNAL_DATA = 1 << 2
"""The bit of a qcow2's incompatible features that sends its reader to another file."""

Fetch = Callable[[ImageSource, Path], None]


class ImageCache:
    """The images of one pool. A pool's hosts may fetch one at the same time; one of them stays."""

    def __init__(self, pool: Path, fetch: Fetch) -> None:
        self._directory = pool / DIRECTORY
        self._fetch = fetch
        self._lock = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}

    def get(self, image: ImageSource, host: str) -> tuple[Path, int]:
        """The file, and the size in bytes of the disk that it holds.

        Raises ImageBad, what `fetch` raises, and OSError.
        """
        base = self._directory / image.digest
        with self._lock:
            lock = self._locks.setdefault(image.digest, threading.Lock())
        with lock:
            if not base.exists():
                self._bring(image, base, host)
        return base, _disk_bytes(base, image)

    def tidy(self, host: str) -> None:
        """Remove what this host began to fetch before it died; raises OSError."""
        if self._directory.exists():
            for left in self._directory.glob(f"{_ATTEMPT}{host}-*"):
                left.unlink(missing_ok=True)

    def _bring(self, image: ImageSource, base: Path, host: str) -> None:
        self._directory.mkdir(exist_ok=True)
        attempt = self._directory / f"{_ATTEMPT}{host}-{secrets.token_hex(8)}"
        try:
            self._fetch(image, attempt)
            _check(image, attempt)
            _disk_bytes(attempt, image)
            attempt.chmod(0o444)
            with suppress(FileExistsError):
                os.link(attempt, base)
            sync_directory(self._directory)
        finally:
            attempt.unlink(missing_ok=True)


def _check(image: ImageSource, path: Path) -> None:
    """Size and checksum are those of the assignment, which was signed; then it is durable."""
    digest = hashlib.new(image.algorithm)
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size != image.size:
            raise ImageBad(image=image.id, reason=f"it has {size} bytes, not {image.size}")
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
        os.fsync(file.fileno())
    if digest.hexdigest() != image.digest:
        raise ImageBad(image=image.id, reason="its checksum is another one")


def _disk_bytes(path: Path, image: ImageSource) -> int:
    """By the format that the assignment names. A qcow2 that leads to other files is refused."""
    if image.format == "raw":
        return path.stat().st_size
    with path.open("rb") as file:
        head = file.read(_QCOW2_HEADER_BYTES)
    if image.format != "qcow2" or head[:4] != _QCOW2 or len(head) < _QCOW2_HEADER_BYTES:
        raise ImageBad(image=image.id, reason=f"it is not of format {image.format}")
    version, backing = int.from_bytes(head[4:8]), int.from_bytes(head[8:16])
    if backing or (version > 2 and int.from_bytes(head[72:80]) & _EXTERNAL_DATA):
        raise ImageBad(image=image.id, reason="it leads to another file")
    return int.from_bytes(head[24:32])
