"""What the Image API refuses, in Glance's words."""

from collections.abc import Iterator

import pytest
from tests.api.imaging import MEMBER, PATCH, STREAM, Images
from tests.api.world import open_world

UUID = "0b2f2a6e-5d52-4a3f-9d35-5b7f5a1f6f00"
CONTENT = b"0123456789" * 1000


def step(op: str, path: str, value: object = None) -> list[dict[str, object]]:
    return [{"op": op, "path": path, "value": value}]


REFUSED: list[tuple[str, str, object, str, int, str]] = [
    ("POST", "/images", b"{", "application/json", 400, "Malformed request body"),
    ("POST", "/images", [], "application/json", 400, "Malformed request body"),
    ("POST", "/images", {}, "text/plain", 415, "use application/json"),
    ("POST", "/images", {"status": "active"}, "", 403, "&#x27;status&#x27; is read-only"),
    ("POST", "/images", {"deleted": True}, "", 403, "&#x27;deleted&#x27; is reserved"),
    ("POST", "/images", {"os_glance_x": ""}, "", 403, "is reserved"),
    ("POST", "/images", {"disk_format": "vdi"}, "", 400, "object does not match schema"),
    ("POST", "/images", {"container_format": "ova"}, "", 400, "&#x27;ova&#x27; is not one of"),
    ("POST", "/images", {"id": "x"}, "", 400, "does not match schema"),
    ("POST", "/images", {"min_disk": -1}, "", 400, "minimum"),
    ("POST", "/images", {"name": "a\0b"}, "", 400, "does not match"),
    ("POST", "/images", {"x": 1}, "", 400, "is not of type &#x27;string&#x27; (x)"),
    ("POST", "/images", {"x" * 256: ""}, "", 400, "1 to 255 characters"),
    ("POST", "/images", {"visibility": "public"}, "", 403, "publicize_image"),
    ("POST", "/images", {"owner": "other"}, "", 403, "not permitted to create images"),
    ("POST", "/images", {"tags": [str(n) for n in range(129)]}, "", 413, "Maximum: 128"),
    ("POST", "/images", b"[" * 200_000, "", 413, "too large"),
    ("POST", "/images", {"id": "MINE"}, "", 409, "already exists!"),
    ("PATCH", "/images/MINE", [], "application/json", 415, "json-patch"),
    ("PATCH", "/images/MINE", {}, PATCH, 400, "must be a JSON array"),
    ("PATCH", "/images/MINE", ["x"], PATCH, 400, "must be JSON objects"),
    ("PATCH", "/images/MINE", step("move", "/a"), PATCH, 400, "Invalid operation: `move`"),
    ("PATCH", "/images/MINE", [{"op": "add"}], PATCH, 400, "Unable to find"),
    ("PATCH", "/images/MINE", [{"op": "add", "path": "/a"}], PATCH, 400, "requires a member"),
    ("PATCH", "/images/MINE", step("add", "a"), PATCH, 400, "does not start with"),
    ("PATCH", "/images/MINE", step("add", "//a"), PATCH, 400, "contains adjacent"),
    ("PATCH", "/images/MINE", step("add", "/a/"), PATCH, 400, "end with"),
    ("PATCH", "/images/MINE", step("add", "/a~2"), PATCH, 400, "escape sequence"),
    ("PATCH", "/images/MINE", step("add", "/tags/0", "x"), PATCH, 403, "Invalid JSON pointer"),
    ("PATCH", "/images/MINE", step("add", "/id", UUID), PATCH, 403, "read-only"),
    ("PATCH", "/images/MINE", step("replace", "/size", 1), PATCH, 403, "read-only"),
    ("PATCH", "/images/MINE", step("replace", "/no", "x"), PATCH, 409, "no does not exist"),
    ("PATCH", "/images/MINE", step("remove", "/name"), PATCH, 403, "may not be removed"),
    ("PATCH", "/images/MINE", step("add", "/min_ram", "x"), PATCH, 400, "is not of type"),
    ("PATCH", "/images/MINE", step("add", "/visibility", "public"), PATCH, 403, "publicize"),
    ("PATCH", "/images/MINE", step("add", "/owner", "other"), PATCH, 403, "not permitted"),
    ("PATCH", "/images/MINE", step("add", "/disk_format", "qcow2"), PATCH, 403, "queued image"),
    ("PATCH", "/images/MINE", step("add", "/name", "n") * 1001, PATCH, 400, "more than 1000"),
    ("PATCH", "/images/none", step("add", "/name", "x"), PATCH, 404, "No image found"),
    ("PUT", "/images/MINE/file", b"x", STREAM, 409, "from active to saving is not allowed"),
    ("PUT", "/images/MINE/file", b"x", "text/plain", 415, STREAM),
    ("PUT", "/images/none/file", b"x", STREAM, 404, "No image found"),
    ("GET", "/images/%3Cb%3E", None, "", 404, "No image found with ID &lt;b&gt;"),
    ("GET", "/images?marker=x", None, "", 400, "No image found with ID x"),
    ("GET", "/images?limit=x", None, "", 400, "limit param must be an integer"),
    ("GET", "/images?limit=-1", None, "", 400, "limit param must be positive"),
    ("GET", "/images?name=%ff", None, "", 400, "not UTF-8"),
    ("GET", "/images?sort=x", None, "", 400, "Invalid sort key: x"),
    ("GET", "/images?sort=name:up", None, "", 400, "Invalid sort direction: up"),
    ("GET", "/images?sort=id,id,id,id,id,id,id,id,id", None, "", 400, "more than 8 sort keys"),
    ("GET", "/images?sort=id&sort_key=id", None, "", 400, "cannot be combined"),
    ("GET", "/images?sort_key=id&sort_dir=asc&sort_dir=asc", None, "", 400, "does not match"),
    ("GET", "/images?status=x", None, "", 400, "Invalid status value: x"),
    ("GET", "/images?visibility=x", None, "", 400, "Invalid visibility value: x"),
    ("GET", "/images?protected=x", None, "", 400, "Valid values are"),
    ("GET", "/images?created_at=x", None, "", 400, "Invalid time value"),
    ("GET", "/images?owner=in:a", None, "", 400, "using operator in"),
    ("GET", "/images?name=in:%22a", None, "", 400, "Invalid filter value"),
    ("GET", f"/images?{'&'.join(f'p{n}=1' for n in range(65))}", None, "", 400, "64 filters"),
    ("GET", "/metadefs", None, "", 404, "could not be found"),
    ("POST", "/images/MINE", None, "", 405, "not allowed"),
]


@pytest.fixture(scope="module")
def refusing() -> Iterator[Images]:
    with open_world() as world:
        api = Images(world)
        api.upload(api.make(id=UUID), CONTENT)
        yield api


@pytest.mark.parametrize(("method", "path", "body", "kind", "status", "sentence"), REFUSED)
def test_what_cannot_be_is_refused_with_a_sentence(
    refusing: Images, method: str, path: str, body: object, kind: str, status: int, sentence: str
) -> None:
    if body == {"id": "MINE"}:
        body = {"id": UUID}
    before = refusing.shown({"id": UUID})
    path = path.replace("MINE", UUID)
    answer = refusing.ask(method, path, body, MEMBER, kind or "application/json")
    assert (answer.status_code, sentence in answer.text) == (status, True), answer.text
    assert answer.headers["content-type"] == "text/html; charset=UTF-8"
    assert refusing.shown({"id": UUID}) == before
    assert answer.headers["x-openstack-request-id"].startswith("req-")
