"""Bringing an image from the server to the host that needs it."""

from pathlib import Path

from hostdown.agent.client import ServerClient
from hostdown.agent.errors import NotHeard, Refused
from hostdown.agent.ports import IdentityStore
from hostdown.domain.assignment import ImageSource
from hostdown.domain.disk_errors import ImageAway, ImageMissing

_GONE = 404


class ImageDownloads:
    """Fetches what this host's assignments name; who calls compares it with what they say of it."""

    def __init__(self, server: ServerClient, store: IdentityStore) -> None:
        self._server = server
        self._store = store

    def __call__(self, image: ImageSource, to: Path) -> None:
        """Write the bytes to `to`, which is not there; raises ImageMissing, ImageAway, OSError."""
        identity = self._store.load()
        if identity is None:
            raise ImageAway(image=image.id, reason="this host is not enrolled")
        path = f"/agent/v1/hosts/{identity.id}/images/{image.id}"
        try:
            with to.open("xb") as file:
                self._server.download(path, identity.secret, file, image.size)
        except Refused as error:
            if error.status == _GONE:
                raise ImageMissing(image=image.id) from error
            raise ImageAway(image=image.id, reason=error.message) from error
        except NotHeard as error:
            raise ImageAway(image=image.id, reason=str(error)) from error
