"""What a handler of the Image API gets."""

from typing import NamedTuple

from hostdown.api.ports import Authenticator, Policy
from hostdown.api.rights import IS_ADMIN
from hostdown.api.tabled import TabledCall
from hostdown.domain.image import Image, Viewer
from hostdown.services import images
from hostdown.services.image_data import ImageStore


class ImageParts(NamedTuple):
    """What the Image API works with; `link_prefix` and the limits as in `ApiSettings`."""

    authenticator: Authenticator
    policy: Policy
    store: ImageStore
    link_prefix: str | None
    limit_max: int
    body_bytes_max: int


class Call(TabledCall[ImageParts]):
    """A request to the Image API."""

    __slots__ = ()

    @property
    def viewer(self) -> Viewer:
        """The caller as somebody who looks at images."""
        return Viewer(self.caller.project_id, self.may(IS_ADMIN))

    def image(self, rule: str) -> Image:
        """The image in the path, of which the caller may do this.

        Whoever may not do it to anything learns nothing of the image. Raises PolicyForbids,
        ImageUnknown.
        """
        self.require(rule)
        found = images.find(self.parts.store.directory, self.viewer, self.names["id"])
        self.require(rule, target(found))
        return found

    def header(self, name: str) -> str:
        """The value of a header, "" without it; `name` as WSGI has it."""
        return str(self.environ.get(name) or "")


def target(image: Image) -> dict[str, object]:
    """What rules know of an image."""
    return {
        "project_id": image.owner,
        "owner": image.owner,
        "user_id": None,
        "visibility": image.visibility.value,
        "image_id": image.id,
        "status": image.status.value,
    }
