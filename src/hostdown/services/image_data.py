"""The bytes of images: in, out, and to hosts.

Only whoever holds an image writes its bytes, and the record says `saving` meanwhile. A server that
is killed lets go of what it held, so the next upload, deletion or `images.tidy` goes on from there.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from hostdown.domain.assignment import ImageSource
from hostdown.domain.errors import HostdownError
from hostdown.domain.image import Image, ImageStatus, Viewer
from hostdown.domain.image_errors import (
    FormatsMissing,
    ImageDeletedMeanwhile,
    ImageNotActive,
    ImageRefused,
    ImageTooLarge,
    ImageUnknown,
    SizeMismatch,
    StatusTransitionRefused,
)
from hostdown.services import images
from hostdown.services.directory_ports import Directory
from hostdown.services.image_ports import Asker, Hold, ImageFiles, ImageInspector, UsableImage


class ImageStore(NamedTuple):
    """Our own store. `bytes_max`: of one file. `now` is asked again, for uploads take long."""

    directory: Directory
    files: ImageFiles
    inspector: ImageInspector
    bytes_max: int
    now: Callable[[], datetime]


CLEARING_MAX_S = 1.0
"""How long an upload waits for who clears up behind another one, which takes some milliseconds."""


class Received(NamedTuple):
    """What became of a stream that was written."""

    size: int
    md5: str
    sha256: str
    sha512: str


def upload(store: ImageStore, image_id: str, chunks: Iterable[bytes], size: int | None) -> Image:
    """Take in the bytes of an image that has none; durable when it returns.

    `size` is what the sender said, if it did; `chunks` may raise UploadBrokenOff. Raises besides
    ImageUnknown, FormatsMissing, StatusTransitionRefused, ImageTooLarge, SizeMismatch,
    ImageRefused, ImageStorageFull, ImageStorageFailed, ImageDeletedMeanwhile; then no byte is kept
    and the image may be uploaded again.
    """
    _check_ready(store.directory.read(lambda rows: rows.images.get(image_id)), image_id)
    if size is not None and size > store.bytes_max:
        raise ImageTooLarge(limit=store.bytes_max)
    hold = store.files.begin(image_id, size, CLEARING_MAX_S)
    if hold is None:
        saving = ImageStatus.SAVING.value
        raise StatusTransitionRefused(current=saving, wanted=saving)
    try:
        return _upload(store, image_id, chunks, size, hold)
    finally:
        hold.release()
        # Only the record knows how this ended: a database may commit and not say so.
        with suppress(HostdownError):
            images.clear(store.directory, store.files, image_id, store.now())


def _check_ready(image: Image | None, image_id: str) -> Image:
    if image is None or image.status == ImageStatus.DELETED:
        raise ImageUnknown(image_id=image_id)
    missing = [n for n in ("disk_format", "container_format") if getattr(image, n) is None]
    if missing:
        raise FormatsMissing(names=", ".join(missing))
    if image.status not in (ImageStatus.QUEUED, ImageStatus.SAVING):
        raise StatusTransitionRefused(current=image.status.value, wanted="saving")
    return image


def _upload(
    store: ImageStore, image_id: str, chunks: Iterable[bytes], size: int | None, hold: Hold
) -> Image:
    def saving(image: Image) -> Image:
        return _check_ready(image, image_id)._replace(status=ImageStatus.SAVING)

    begun = images.change(store.directory, image_id, saving, store.now())
    received = _received(chunks, hold, store.bytes_max)
    if not received.size:
        raise ImageRefused(reason="there are no bytes in it")
    if size is not None and received.size != size:
        raise SizeMismatch(received=received.size, expected=size)
    virtual = store.inspector.virtual_size(hold.path, str(begun.disk_format), received.size)
    hold.keep()
    return _activate(store, image_id, received, virtual)


def _received(chunks: Iterable[bytes], hold: Hold, bytes_max: int) -> Received:
    size = 0
    sums = hashlib.md5(usedforsecurity=False), hashlib.sha256(), hashlib.sha512()
    for chunk in chunks:
        size += len(chunk)
        if size > bytes_max:
            raise ImageTooLarge(limit=bytes_max)
        hold.write(chunk)
        for each in sums:
            each.update(chunk)
    md5, sha256, sha512 = (each.hexdigest() for each in sums)
    return Received(size, md5, sha256, sha512)


def _activate(store: ImageStore, image_id: str, received: Received, virtual: int) -> Image:
    def active(image: Image) -> Image:
        return image._replace(
            status=ImageStatus.ACTIVE,
            size=received.size,
            virtual_size=virtual,
            checksum=received.md5,
            sha256=received.sha256,
            sha512=received.sha512,
        )

    try:
        return images.change(store.directory, image_id, active, store.now())
    except ImageUnknown:
        raise ImageDeletedMeanwhile(image_id=image_id) from None


class OwnLibrary:
    """`services.image_ports.ImageLibrary` of our own store."""

    def __init__(self, directory: Directory, files: ImageFiles) -> None:
        self._directory = directory
        self._files = files

    def usable(self, asker: Asker, image_id: str) -> UsableImage:
        image = images.find(self._directory, asker.viewer, image_id)
        return UsableImage(
            source=_source(image),
            name=image.name,
            min_disk_gb=image.min_disk_gb,
            min_ram_mb=image.min_ram_mb,
            virtual_size=image.virtual_size or 0,
            properties=dict(image.properties),
        )

    def open(self, image_id: str) -> tuple[ImageSource, Iterator[bytes]]:
        """Also what was deactivated since: a server that was made from it may need its disk."""
        image = images.find(self._directory, Viewer(None, is_admin=True), image_id)
        if image.status == ImageStatus.DEACTIVATED:
            image = image._replace(status=ImageStatus.ACTIVE)
        return _source(image), self._files.read(image_id)


def _source(image: Image) -> ImageSource:
    """Raises ImageNotActive."""
    if image.status != ImageStatus.ACTIVE or image.sha256 is None:
        raise ImageNotActive(image_id=image.id)
    return ImageSource(image.id, image.sha256, image.size or 0, str(image.disk_format))
