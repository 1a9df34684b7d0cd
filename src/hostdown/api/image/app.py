"""Image v2 under /image, answered as Glance does."""

from falcon import Response

from hostdown.api.image.calls import Call, ImageParts
from hostdown.api.image.errors import answer
from hostdown.api.image.operations import OPERATIONS
from hostdown.api.image.routes import ROUTES
from hostdown.api.routing import RouteTable
from hostdown.api.tabled import Reply, TabledApi
from hostdown.domain.errors import HostdownError

__all__ = ["ImageApi", "ImageParts"]

VERSIONS = (("v2.17", "CURRENT"), ("v2.0", "SUPPORTED"))
"""The newest that Glance has, and the oldest; clients take the newest that they know."""


class ImageApi(TabledApi[ImageParts, Call]):
    """Errors that are not in `image.errors.STATUS` are raised."""

    prefix = "/image"
    operations = OPERATIONS
    routes = RouteTable(ROUTES)
    call = Call

    def versions(self, path: str, root: str) -> Reply | None:
        """Where none was asked for, they are a choice, 300."""
        if path not in ("", "/versions", "/v2"):
            return None
        links = [{"rel": "self", "href": f"{root}/v2/"}]
        found = [{"id": each, "status": state, "links": links} for each, state in VERSIONS]
        return Reply(200 if path == "/versions" else 300, {"versions": found})

    def refuse(self, resp: Response, error: HostdownError) -> None:
        """With an HTML page."""
        answer(resp, error)
