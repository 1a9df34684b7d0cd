"""Images, as the Image API shows them, and who sees which."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

RAW = "raw"
QCOW2 = "qcow2"
DISK_FORMATS = (RAW, QCOW2)
"""What hosts can make disks from."""
CONTAINER_FORMATS = ("bare",)
"""What a file may be wrapped in: nothing."""


class ImageStatus(StrEnum):
    """Where an image stands, in the words of the Image API."""

    QUEUED = "queued"
    """It has no bytes yet."""
    SAVING = "saving"
    """Somebody uploads it, or did until its server was killed."""
    ACTIVE = "active"
    DEACTIVATED = "deactivated"
    """An operator has forbidden its use."""
    DELETED = "deleted"
    """Nobody sees it any more; the row stays until its bytes are gone."""


class Visibility(StrEnum):
    """For whom an image is."""

    PRIVATE = "private"
    SHARED = "shared"
    """For members, of which there are none: as private."""
    COMMUNITY = "community"
    """For whoever asks for it; lists leave it out."""
    PUBLIC = "public"


class Image(NamedTuple):
    """One image. `owner` is a project; sizes are bytes, and None until the file was uploaded.

    `virtual_size` is what a disk of it has at least. `checksum` is the MD5 that old clients want.
    """

    id: str
    name: str | None
    owner: str
    status: ImageStatus
    visibility: Visibility
    disk_format: str | None
    container_format: str | None
    size: int | None
    virtual_size: int | None
    min_disk_gb: int
    min_ram_mb: int
    protected: bool
    hidden: bool
    checksum: str | None
    sha256: str | None
    sha512: str | None
    properties: Mapping[str, str]
    tags: tuple[str, ...]
    created_at: datetime
    updated_at: datetime


class Viewer(NamedTuple):
    """Whoever looks: of a project, or an administrator, who sees all."""

    project_id: str | None
    is_admin: bool

    def sees(self, image: Image) -> bool:
        """May know of it, by its id."""
        if image.status == ImageStatus.DELETED:
            return False
        everybodys = image.visibility in (Visibility.PUBLIC, Visibility.COMMUNITY)
        return self.is_admin or everybodys or image.owner == self.project_id

    def lists(self, image: Image) -> bool:
        """Finds it in a list that asks for nothing in particular: others' community is not."""
        is_others = image.owner != self.project_id
        if not self.is_admin and is_others and image.visibility == Visibility.COMMUNITY:
            return False
        return self.sees(image)
