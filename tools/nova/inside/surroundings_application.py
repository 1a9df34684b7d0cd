"""Stands in for Glance and Neutron, with the least that Nova asks of them.

One image without data, which simulated hosts do not read, and a network service that has nothing.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any

IMAGE = {
    "id": "11111111-1111-4111-8111-111111111111", "name": "empty", "status": "active",
    "visibility": "public", "owner": "0", "protected": False, "tags": [], "size": 0,
    "checksum": "d41d8cd98f00b204e9800998ecf8427e", "min_disk": 0, "min_ram": 0,
    "disk_format": "raw", "container_format": "bare", "virtual_size": 0,
    "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
    "self": "/v2/images/11111111-1111-4111-8111-111111111111",
    "file": "/v2/images/11111111-1111-4111-8111-111111111111/file",
    "schema": "/v2/schemas/image",
}  # fmt: skip
TEXTS = {name: {"type": ["null", "string"]} for name in IMAGE}
ANSWERS: dict[str, Any] = {
    "/image/v2/schemas/image": {"name": "image", "properties": TEXTS},
    "/image/v2/images": {"images": [IMAGE], "schema": "/v2/schemas/images", "first": "/v2/images"},
    f"/image/v2/images/{IMAGE['id']}": IMAGE,
}
VERSIONS = {"/image": "v2", "/network": "v2.0"}
NETWORKING = "/network/v2.0/"


def application(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
    """Any list of Neutron's is empty; what is not known is 404."""
    path = environ["PATH_INFO"].rstrip("/")
    found = ANSWERS.get(path)
    if path in VERSIONS:
        found = _versions(f"http://{environ['HTTP_HOST']}{path}", VERSIONS[path])
    if path.startswith(NETWORKING) and path.count("/") == 3:
        found = {path.removeprefix(NETWORKING).removesuffix(".json").replace("-", "_"): []}
    status = "404 Not Found" if found is None else "200 OK"
    start_response(status, [("Content-Type", "application/json")])
    return [json.dumps({} if found is None else found).encode()]


def _versions(url: str, version: str) -> dict[str, object]:
    links = [{"rel": "self", "href": f"{url}/{version}/"}]
    return {"versions": [{"id": version, "status": "CURRENT", "links": links}]}
