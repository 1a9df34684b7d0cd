"""Rows of the matrix for the Image API."""

from tests.api.imaging import PATCH, STREAM
from tests.api.world import World
from tests.policy.appendix_b import MINE, OTHERS, SOMEBODY, Target
from tests.policy.operation import Made, Operation, at

from hostdown.domain.image import Image, ImageStatus
from hostdown.services import images

_IMAGES = "/image/v2/images"
_IMAGE = "/image/v2/images/{id}"
_IS_ADMIN = "context_is_admin"
_BY_ADMIN = (_IS_ADMIN,)


def _image(below: str = "", owner: str = MINE, active: bool = False, **facts: object) -> Made:
    """An image; `active` although it has no bytes."""

    def made(world: World) -> str:
        formats = {"disk_format": "raw", "container_format": "bare"}
        now = world.clock.now()
        image = images.create(world.directory, owner, {**formats, **facts}, now)
        if active:

            def activated(seen: Image) -> Image:
                return seen._replace(status=ImageStatus.ACTIVE)

            images.change(world.directory, image.id, activated, now)
        return f"{_IMAGES}/{image.id}{below}"

    return made


def _change(name: str, value: object) -> list[dict[str, object]]:
    return [{"op": "replace", "path": f"/{name}", "value": value}]


OPERATIONS: tuple[Operation, ...] = (
    Operation("GET", _IMAGES, "", "get_images", at(_IMAGES), content_rules=_BY_ADMIN),
    Operation("POST", _IMAGES, "", "add_image", at(_IMAGES), {"name": "n"}, success=201),
    Operation(
        "POST", _IMAGES, "", "add_image", at(_IMAGES), {"visibility": "public"}, success=201,
        further=("publicize_image",),
    ),
    Operation(
        "POST", _IMAGES, "", "add_image", at(_IMAGES), {"visibility": "community"}, success=201,
        further=("communitize_image",),
    ),
    Operation("GET", _IMAGE, "", "get_image", _image(), content_rules=_BY_ADMIN),
    Operation(
        "PATCH", _IMAGE, "", "modify_image", _image(), _change("name", "new"), kind=PATCH,
        content_rules=_BY_ADMIN,
    ),
    Operation(
        "PATCH", _IMAGE, "", "modify_image", _image(), _change("visibility", "public"),
        kind=PATCH, content_rules=_BY_ADMIN, further=("publicize_image",),
    ),
    Operation(
        "PATCH", _IMAGE, "", "modify_image", _image(owner=OTHERS, visibility="public"),
        _change("name", "new"), kind=PATCH, content_rules=_BY_ADMIN,
        target=Target(OTHERS, SOMEBODY),
    ),
    Operation(
        "DELETE", _IMAGE, "", "delete_image", _image(), success=204, content_rules=_BY_ADMIN,
    ),
    Operation(
        "PUT", f"{_IMAGE}/file", "", "upload_image", _image("/file"), "bytes", success=204,
        kind=STREAM, content_rules=_BY_ADMIN,
    ),
    Operation(
        "GET", f"{_IMAGE}/file", "", "download_image", _image("/file"), success=204,
        content_rules=_BY_ADMIN,
    ),
    Operation(
        "PUT", f"{_IMAGE}/tags/{{tag}}", "", "modify_image", _image("/tags/x"), success=204,
        content_rules=_BY_ADMIN,
    ),
    Operation(
        "DELETE", f"{_IMAGE}/tags/{{tag}}", "", "modify_image", _image("/tags/x", tags=["x"]),
        success=204, content_rules=_BY_ADMIN,
    ),
    Operation(
        "POST", f"{_IMAGE}/actions/deactivate", "", "deactivate",
        _image("/actions/deactivate", active=True), success=204, content_rules=_BY_ADMIN,
    ),
    Operation(
        "POST", f"{_IMAGE}/actions/reactivate", "", "reactivate",
        _image("/actions/reactivate", active=True), success=204, content_rules=_BY_ADMIN,
    ),
)  # fmt: skip
