"""Make, find, list, change and delete the records of images.

A deployment has some hundreds of them, so filters, order and pages are made here of all of them and
mean the same on every database.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from hostdown.domain.image import Image, ImageStatus, Viewer, Visibility
from hostdown.domain.image_errors import (
    DeactivationRefused,
    FormatFixed,
    ImageProtected,
    ImageStorageFailed,
    ImageStorageFull,
    ImageUnknown,
    PropertyMissing,
    PropertyNotRemovable,
    TooManyImages,
    TooManyProperties,
)
from hostdown.services import paging
from hostdown.services.directory_ports import Directory, DirectoryRows
from hostdown.services.image_ports import ImageFiles

IMAGES_MAX = 10_000
"""Images of a deployment; every list looks at all of them."""
PROPERTIES_MAX = 128
"""Properties of an image beyond those that each has, as Glance's `image_property_quota`."""
TAGS_MAX = 128
"""Tags of an image, as Glance's `image_tag_quota`."""

EDITABLE = {
    "name": "name",
    "owner": "owner",
    "visibility": "visibility",
    "disk_format": "disk_format",
    "container_format": "container_format",
    "min_disk": "min_disk_gb",
    "min_ram": "min_ram_mb",
    "protected": "protected",
    "os_hidden": "hidden",
    "tags": "tags",
}
"""What clients may say of an image, in the words of the API, and the field of each."""

_FORMATS = ("disk_format", "container_format")


class Edit(NamedTuple):
    """One step of a change: `action` is add, replace or remove; `value` None with the last."""

    action: str
    name: str
    value: object = None


def create(
    directory: Directory, project_id: str, facts: Mapping[str, object], now: datetime
) -> Image:
    """A new image without bytes, of what a client said by the names of the API.

    `id` may be among the facts. Raises ImageIdTaken, TooManyImages, TooManyProperties.
    """
    given = dict(facts)
    image = Image(
        id=str(given.pop("id", None) or uuid.uuid4()),
        name=None,
        owner=project_id,
        status=ImageStatus.QUEUED,
        visibility=Visibility.SHARED,
        disk_format=None,
        container_format=None,
        size=None,
        virtual_size=None,
        min_disk_gb=0,
        min_ram_mb=0,
        protected=False,
        hidden=False,
        checksum=None,
        sha256=None,
        sha512=None,
        properties={},
        tags=(),
        created_at=now,
        updated_at=now,
    )
    made = edited(image, [Edit("add", name, value) for name, value in given.items()])

    def work(rows: DirectoryRows) -> None:
        if rows.images.count() >= IMAGES_MAX:
            raise TooManyImages(limit=IMAGES_MAX)
        rows.images.add(made)

    directory.write(work)
    return made


def edited(image: Image, edits: Sequence[Edit]) -> Image:
    """The image after these steps.

    Raises PropertyMissing, PropertyNotRemovable, FormatFixed, TooManyProperties.
    """
    for edit in edits:
        image = _set(image, edit) if edit.name in EDITABLE else _property(image, edit)
    for kind, many, limit in (
        ("properties", image.properties, PROPERTIES_MAX),
        ("tags", image.tags, TAGS_MAX),
    ):
        if len(many) > limit:
            raise TooManyProperties(kind=kind, attempted=len(many), limit=limit)
    return image


def _set(image: Image, edit: Edit) -> Image:
    if edit.action == "remove":
        raise PropertyNotRemovable(name=edit.name)
    if edit.name in _FORMATS and image.status != ImageStatus.QUEUED:
        raise FormatFixed(name=edit.name)
    value = edit.value
    if edit.name == "visibility":
        value = Visibility(str(value))
    elif edit.name == "tags":
        value = tuple(dict.fromkeys(value if isinstance(value, list | tuple) else ()))
    changed: dict[str, object] = {EDITABLE[edit.name]: value}
    return image._replace(**changed)  # type: ignore[arg-type] # the API has looked at the kinds


def _property(image: Image, edit: Edit) -> Image:
    properties = dict(image.properties)
    if edit.action != "add" and edit.name not in properties:
        raise PropertyMissing(name=edit.name)
    if edit.action == "remove":
        del properties[edit.name]
    else:
        properties[edit.name] = str(edit.value)
    return image._replace(properties=properties)


def find(directory: Directory, viewer: Viewer, image_id: str) -> Image:
    """Raises ImageUnknown."""
    image = directory.read(lambda rows: rows.images.get(image_id))
    if image is None or not viewer.sees(image):
        raise ImageUnknown(image_id=image_id)
    return image


class Listing(NamedTuple):
    """Which images, in which order, from where on; `order` has fields and whether they descend."""

    limit: int
    marker: str | None = None
    includes: Callable[[Image], bool] | None = None
    order: tuple[tuple[str, bool], ...] = ()
    community: bool = False
    """Others' community images as well, which lists leave out unless they are asked for."""


def page(directory: Directory, viewer: Viewer, wanted: Listing) -> list[Image]:
    """One page, and one image more if there are more; raises MarkerNotFound.

    The marker need not be among those wanted.
    """
    found = directory.read(lambda rows: rows.images.all())
    seen = viewer.sees if wanted.community else viewer.lists
    visible = sorted((i for i in found if viewer.sees(i)), key=lambda i: i.id, reverse=True)
    paging.sort(visible, wanted.order)
    rest = paging.behind(visible, lambda i: i.id, wanted.marker)
    kept = (i for i in rest if seen(i) and (not wanted.includes or wanted.includes(i)))
    return [image for _, image in zip(range(wanted.limit + 1), kept, strict=False)]


def change(
    directory: Directory, image_id: str, work: Callable[[Image], Image], now: datetime
) -> Image:
    """Replace an image by what `work` makes of it, whatever happens meanwhile.

    Raises ImageUnknown, and what `work` does.
    """
    while True:
        seen = directory.read(lambda rows: rows.images.get(image_id))
        if seen is None or seen.status == ImageStatus.DELETED:
            raise ImageUnknown(image_id=image_id)
        after = work(seen)
        if after == seen:
            return seen
        if _replaced(directory, seen, after := after._replace(updated_at=now)):
            return after


def _replaced(directory: Directory, seen: Image, after: Image) -> bool:
    return directory.write(lambda rows: rows.images.replace(seen, after))


def deactivate(directory: Directory, image_id: str, now: datetime) -> None:
    """Forbid its use, until `reactivate`; raises ImageUnknown, DeactivationRefused."""
    _switch(directory, image_id, "deactivate", ImageStatus.ACTIVE, ImageStatus.DEACTIVATED, now)


def reactivate(directory: Directory, image_id: str, now: datetime) -> None:
    """Allow its use again; raises ImageUnknown, DeactivationRefused."""
    _switch(directory, image_id, "reactivate", ImageStatus.DEACTIVATED, ImageStatus.ACTIVE, now)


def _switch(
    directory: Directory,
    image_id: str,
    action: str,
    before: ImageStatus,
    after: ImageStatus,
    now: datetime,
) -> None:
    def work(image: Image) -> Image:
        if image.status not in (before, after):
            raise DeactivationRefused(action=action, status=image.status.value)
        return image._replace(status=after)

    change(directory, image_id, work, now)


def delete(directory: Directory, files: ImageFiles, image_id: str, now: datetime) -> None:
    """Delete an image; bytes that cannot go now go later. Raises ImageUnknown, ImageProtected."""

    def work(image: Image) -> Image:
        if image.protected:
            raise ImageProtected(image_id=image_id)
        return image._replace(status=ImageStatus.DELETED)

    change(directory, image_id, work, now)
    with suppress(ImageStorageFailed, ImageStorageFull):
        clear(directory, files, image_id, now)


def clear(directory: Directory, files: ImageFiles, image_id: str, now: datetime) -> None:
    """Remove the bytes of an image that is deleted, or whose upload nobody goes on with.

    While somebody does, nothing happens. Raises ImageStorageFull, ImageStorageFailed.
    """
    hold = files.begin(image_id, None)
    if hold is None:
        return
    try:
        image = directory.read(lambda rows: rows.images.get(image_id))
        if image is None or image.status not in (ImageStatus.SAVING, ImageStatus.DELETED):
            return
        hold.erase()
        if image.status == ImageStatus.DELETED:
            directory.write(lambda rows: rows.images.remove(image_id))
        else:
            _replaced(directory, image, image._replace(status=ImageStatus.QUEUED, updated_at=now))
    finally:
        hold.release()


def tidy(directory: Directory, files: ImageFiles, now: datetime) -> None:
    """Do `clear` for all that a server which was killed left behind; raises as that does."""
    for image in directory.read(lambda rows: rows.images.all()):
        if image.status in (ImageStatus.SAVING, ImageStatus.DELETED):
            clear(directory, files, image.id, now)
