"""/v2/images: make, list, show, change, delete."""

from collections.abc import Callable, Sequence

from hostdown.api.image.bodies import edits, new_image
from hostdown.api.image.calls import Call, target
from hostdown.api.image.documents import image_document
from hostdown.api.image.errors import OwnerRefused, QueryInvalid
from hostdown.api.image.queries import asked
from hostdown.api.request import read_body
from hostdown.api.tabled import Reply
from hostdown.domain.image import Image, Visibility
from hostdown.domain.image_errors import ImageUnknown, PropertyMissing
from hostdown.domain.paging_errors import MarkerNotFound
from hostdown.services import images
from hostdown.services.images import Edit

_PUBLISHING = {
    Visibility.PUBLIC.value: "publicize_image",
    Visibility.COMMUNITY.value: "communitize_image",
}
"""Rules that visibilities need besides."""


def list_images(call: Call) -> Reply:
    """GET: a page."""
    call.require("get_images")
    wanted = asked(call.query, call.parts.limit_max)
    limit = wanted.listing.limit
    try:
        found = images.page(call.parts.store.directory, call.viewer, wanted.listing)
    except MarkerNotFound as error:
        unknown = ImageUnknown(image_id=error.facts["marker"])
        raise QueryInvalid(reason=unknown.message) from error
    document: dict[str, object] = {
        "images": [image_document(image) for image in found[:limit]],
        "first": wanted.path(),
        "schema": "/v2/schemas/images",
    }
    if len(found) > limit > 0:
        document["next"] = wanted.path(found[limit - 1].id)
    return Reply(document=document)


def create(call: Call) -> Reply:
    """POST: a record without bytes."""
    call.require("add_image")
    parts = call.parts
    body = read_body(call.environ, parts.body_bytes_max)
    given = new_image(body, call.header("CONTENT_TYPE"))
    own = call.caller.project_id or ""
    owner = given.get("owner", own) or ""
    if owner != own and not call.viewer.is_admin:
        raise OwnerRefused(action="create", owner=owner)
    given["owner"] = owner
    if (rule := _PUBLISHING.get(given.get("visibility", ""))) is not None:
        call.require(rule)
    made = images.create(parts.store.directory, owner, given, parts.store.now())
    here = f"/v2/images/{made.id}"
    imports = {"OpenStack-image-import-methods": ""}
    return Reply(201, image_document(made), {"Location": here, **imports})


def show(call: Call) -> Reply:
    """GET: one."""
    return Reply(document=image_document(call.image("get_image")))


def change(call: Call) -> Reply:
    """PATCH: some of its attributes and properties."""
    call.require("modify_image")
    body = read_body(call.environ, call.parts.body_bytes_max)
    wanted = edits(body, call.header("CONTENT_TYPE"))
    seen = call.image("modify_image")
    for edit in wanted:
        _check_right(call, seen, edit)
    return Reply(document=image_document(_changed(call, seen.id, wanted)))


def _check_right(call: Call, image: Image, edit: Edit) -> None:
    if edit.name == "visibility" and (rule := _PUBLISHING.get(str(edit.value))) is not None:
        call.require(rule, target(image))
    if edit.name == "owner" and (edit.value or "") != image.owner and not call.viewer.is_admin:
        raise OwnerRefused(action="have", owner=edit.value or "")


def _changed(call: Call, image_id: str, wanted: Sequence[Edit]) -> Image:
    named = [e._replace(value=e.value or "") if e.name == "owner" else e for e in wanted]
    store = call.parts.store

    def work(image: Image) -> Image:
        return images.edited(image, named)

    return images.change(store.directory, image_id, work, store.now())


def delete(call: Call) -> Reply:
    """DELETE: the record and the bytes."""
    image = call.image("delete_image")
    store = call.parts.store
    images.delete(store.directory, store.files, image.id, store.now())
    return Reply(204)


def deactivate(call: Call) -> Reply:
    """POST actions/deactivate: forbid its use."""
    image = call.image("deactivate")
    images.deactivate(call.parts.store.directory, image.id, call.parts.store.now())
    return Reply(204)


def reactivate(call: Call) -> Reply:
    """POST actions/reactivate: allow it again."""
    image = call.image("reactivate")
    images.reactivate(call.parts.store.directory, image.id, call.parts.store.now())
    return Reply(204)


def add_tag(call: Call) -> Reply:
    """PUT tags/TAG."""
    return _tagged(call, lambda tags, tag: (*tags, tag))


def remove_tag(call: Call) -> Reply:
    """DELETE tags/TAG."""

    def without(tags: tuple[str, ...], tag: str) -> tuple[str, ...]:
        if tag not in tags:
            raise PropertyMissing(name=f"tags/{tag}")
        return tuple(each for each in tags if each != tag)

    return _tagged(call, without)


def _tagged(call: Call, work: Callable[[tuple[str, ...], str], tuple[str, ...]]) -> Reply:
    seen, tag = call.image("modify_image"), call.names["tag"]
    store = call.parts.store

    def change(image: Image) -> Image:
        return images.edited(image, [Edit("replace", "tags", work(image.tags, tag))])

    images.change(store.directory, seen.id, change, store.now())
    return Reply(204)
