"""The Image API in a world: its store, and requests to it."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
from falcon.testing import Result, TestClient
from tests.api.world import ADMIN, World

from hostdown.api.app import create_app
from hostdown.api.image.app import ImageApi, ImageParts
from hostdown.api.ports import Authenticator, Policy
from hostdown.drivers.image_files import DirectoryImages
from hostdown.drivers.qemu_img import QemuImg
from hostdown.services.image_data import ImageStore

BYTES_MAX = 2**21
PATCH = "application/openstack-images-v2.1-json-patch"
STREAM = "application/octet-stream"
MEMBER = "ann:6f70656e737461636b20342065766572"
OTHER = "bob:0000000000000000000000000000000b"


def image_api(
    world: World, authenticator: Authenticator | None = None, policy: Policy | None = None
) -> ImageApi:
    """Its files are beside the world's database."""
    place = Path(world.directory_url.removeprefix("sqlite:///")).parent / "images"
    parts = world.parts
    store = ImageStore(
        world.directory, DirectoryImages(place, 0), QemuImg(2**30), BYTES_MAX, world.clock.now
    )
    return ImageApi(
        ImageParts(
            authenticator or parts.authenticator, policy or parts.policy, store, None, 1000, 114688
        )
    )


class Images:
    """Requests to the Image API."""

    def __init__(self, world: World) -> None:
        self.world = world
        parts = replace(world.parts, applications=(image_api(world),))
        self.client = TestClient(create_app(parts))

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        token: str | None = MEMBER,
        kind: str = "application/json",
        **headers: str,
    ) -> Result:
        """`path` is what follows `/image/v2`; bytes are sent as they are, else JSON."""
        sent: dict[str, str] = {n.replace("_", "-"): value for n, value in headers.items()}
        if token:
            sent["X-Auth-Token"] = token
        data = body if isinstance(body, bytes) else None if body is None else orjson.dumps(body)
        if data is not None:
            sent["Content-Type"] = kind
        return self.client.simulate_request(method, f"/image/v2{path}", headers=sent, body=data)

    def make(self, token: str = MEMBER, **facts: object) -> dict[str, Any]:
        """A new image without bytes."""
        given = {"name": "n", "disk_format": "raw", "container_format": "bare", **facts}
        answer = self.ask("POST", "/images", given, token)
        assert answer.status_code == 201, answer.text
        self.world.clock.at = self.world.clock.at.replace(second=self.world.clock.at.second + 1)
        made: dict[str, Any] = answer.json
        return made

    def upload(self, image: Mapping[str, Any], content: bytes, token: str = MEMBER) -> Result:
        return self.ask("PUT", f"/images/{image['id']}/file", content, token, STREAM)

    def patch(self, image: Mapping[str, Any], *steps: object, token: str = MEMBER) -> Result:
        return self.ask("PATCH", f"/images/{image['id']}", list(steps), token, PATCH)

    def shown(self, image: Mapping[str, Any], token: str = ADMIN) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("GET", f"/images/{image['id']}", token=token).json
        return found

    def names(self, query: str = "", token: str = MEMBER) -> list[str]:
        """Of the images on a page."""
        answer = self.ask("GET", f"/images{query}", token=token)
        assert answer.status_code == 200, answer.text
        return [image["name"] for image in answer.json["images"]]
