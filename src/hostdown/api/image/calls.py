"""What a handler of the Image API gets and gives."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from hostdown.api.ports import Authenticator, Policy, PolicyForbids
from hostdown.domain.image import Image, Viewer
from hostdown.domain.model import Caller
from hostdown.services import images
from hostdown.services.image_data import ImageStore

IS_ADMIN = "context_is_admin"
"""The rule that says who is an administrator."""

OWN: Mapping[str, object] = MappingProxyType({})
"""What a rule is asked about if it is what the caller itself owns."""


class ImageParts(NamedTuple):
    """What the Image API works with; `link_prefix` and the limits as in `ApiSettings`."""

    authenticator: Authenticator
    policy: Policy
    store: ImageStore
    link_prefix: str | None
    limit_max: int
    body_bytes_max: int


class Reply(NamedTuple):
    """An answer: a document, or the bytes of a file, or nothing."""

    status: int = 200
    document: object = None
    headers: Mapping[str, str] = MappingProxyType({})
    file: Iterator[bytes] | None = None


class Call(NamedTuple):
    """A request of somebody who is known, for one operation."""

    parts: ImageParts
    caller: Caller
    environ: Mapping[str, object]
    query: Mapping[str, list[str]]
    names: Mapping[str, str]

    @property
    def viewer(self) -> Viewer:
        """The caller as somebody who looks at images."""
        return Viewer(self.caller.project_id, self.may(IS_ADMIN))

    def require(self, rule: str, target: Mapping[str, object] = OWN) -> None:
        """Raises PolicyForbids."""
        self.parts.policy.check(rule, self.caller, target)

    def may(self, rule: str) -> bool:
        """Whether a rule allows it to the caller, of what is its own."""
        try:
            self.require(rule)
        except PolicyForbids:
            return False
        return True

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
