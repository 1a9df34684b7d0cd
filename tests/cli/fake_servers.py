"""servers of the fake cloud, as the contract documents them; pages have two records."""

from typing import Any

PAGE = 2

Answer = tuple[int, object, dict[str, str]]


def uuid(number: int) -> str:
    return f"{number:08}-0000-4000-9000-000000000000"


def made(number: int, name: str, **changes: object) -> dict[str, Any]:
    """A server as an administrator sees it at the newest version."""
    return {
        "id": uuid(number),
        "name": name,
        "status": "ACTIVE",
        "OS-EXT-STS:task_state": None,
        "OS-EXT-STS:vm_state": "active",
        "OS-EXT-STS:power_state": 1,
        "addresses": {"xnet": [{"addr": "192.0.2.1", "version": 4}]},
        "host_status": "UP",
        "OS-EXT-SRV-ATTR:host": "compute1",
        "OS-EXT-AZ:availability_zone": "nova",
        "tenant_id": "p1",
        "user_id": "u1",
        "created": "2026-03-01T12:00:00Z",
        "updated": "2026-03-01T12:00:01Z",
        "flavor": {"original_name": "m1.tiny", "vcpus": 1},
        "image": {"id": "i1", "links": []},
        "metadata": {"b": "2", "a": "1"},
        "locked": False,
    } | changes


def answer(
    kept: list[dict[str, Any]], path: str, query: dict[str, str], spoken: str | None
) -> Answer:
    version = tuple(int(part) for part in (spoken or "2.1").split("."))
    below = path.removeprefix("/v2.1/servers").strip("/")
    if below in ("", "detail"):
        return _listed([_at(each, version) for each in kept], path, query)
    for each in kept:
        if each["id"] == below:
            return 200, {"server": _at(each, version)}, {}
    message = f"Instance {below} could not be found."
    return 404, {"itemNotFound": {"code": 404, "message": message}}, {}


def _listed(found: list[dict[str, Any]], path: str, query: dict[str, str]) -> Answer:
    ids = [each["id"] for each in found]
    begin = ids.index(query["marker"]) + 1 if "marker" in query else 0
    size = min(PAGE, int(query.get("limit", PAGE)))
    page = found[begin : begin + size]
    body: dict[str, Any] = {"servers": page}
    if len(page) == size:
        href = f"http://elsewhere{path}?limit={size}&marker={page[-1]['id']}"
        body["servers_links"] = [{"rel": "next", "href": href}]
    return 200, body, {}


def _at(record: dict[str, Any], version: tuple[int, ...]) -> dict[str, Any]:
    shown = dict(record)
    if version < (2, 16):
        shown.pop("host_status", None)
    if version < (2, 47):
        shown["flavor"] = {"id": "1", "links": []}
    return shown
