"""What the use cases of images need from the outside."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

from hostdown.domain.assignment import ImageSource
from hostdown.domain.image import Image, Viewer


class ImageRows(Protocol):
    """The records of images, in a transaction on the directory."""

    def all(self) -> list[Image]:
        """Every image, deleted ones that still have bytes included; in no order."""
        ...

    def get(self, image_id: str) -> Image | None: ...
    def count(self) -> int: ...
    def add(self, image: Image) -> None:
        """Raises ImageIdTaken."""
        ...

    def replace(self, seen: Image, after: Image) -> bool:
        """Write `after` over `seen`; False if its status or `updated_at` is not as seen."""
        ...

    def remove(self, image_id: str) -> None: ...


class Hold(Protocol):
    """The right to change the bytes of one image; nobody else has it meanwhile.

    It ends with the process that has it. What was written is the image's only after `keep`.
    """

    @property
    def path(self) -> Path:
        """Where the bytes are until `keep`."""
        ...

    def write(self, chunk: bytes) -> None:
        """Append; raises ImageStorageFull, ImageStorageFailed."""
        ...

    def keep(self) -> None:
        """Make what was written the image's bytes, durably; raises as `write`."""
        ...

    def erase(self) -> None:
        """Leave no bytes, neither new nor old ones; raises ImageStorageFailed."""
        ...

    def release(self) -> None:
        """Give the right back, and leave nothing that was not kept."""
        ...


class ImageFiles(Protocol):
    """Where the bytes of images are."""

    def begin(self, image_id: str, size: int | None, wait_s: float = 0.0) -> Hold | None:
        """None if somebody else holds the image for so long; `size` is what is expected, if known.

        Raises ImageStorageFull, ImageStorageFailed.
        """
        ...

    def read(self, image_id: str) -> Iterator[bytes]:
        """In chunks, from a file that is open when this returns.

        Raises ImageLost, ImageStorageFailed.
        """
        ...


class ImageInspector(Protocol):
    """Looks at a file that somebody uploaded, without trusting it."""

    def virtual_size(self, path: Path, disk_format: str, size: int) -> int:
        """Bytes of a disk made from it; raises ImageRefused unless it is what it was said to be."""
        ...


class UsableImage(NamedTuple):
    """What a server can be made from; `virtual_size` in bytes."""

    source: ImageSource
    name: str | None
    min_disk_gb: int
    min_ram_mb: int
    virtual_size: int
    properties: dict[str, str]


class Asker(NamedTuple):
    """Who wants an image: what our own store looks at, and the token, which a Glance does."""

    viewer: Viewer
    token: str


class ImageLibrary(Protocol):
    """Where servers get their images from: our own store, or a Glance."""

    def usable(self, asker: Asker, image_id: str) -> UsableImage:
        """Raises ImageUnknown, ImageNotActive, ImageUnusable, GlanceUnavailable."""
        ...

    def open(self, image_id: str) -> tuple[ImageSource, Iterator[bytes]]:
        """For a host; raises as `usable`, and ImageLost, ImageStorageFailed."""
        ...
