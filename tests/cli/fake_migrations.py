"""os-migrations of the fake cloud, as the contract documents them; pages have two records."""

from typing import Any

from tests.cli.fake_servers import PAGE, Answer, uuid


def made(number: int, **changes: object) -> dict[str, Any]:
    """An evacuation as an administrator sees it at the newest version."""
    return {
        "id": number,
        "uuid": uuid(100 + number),
        "source_compute": "compute1",
        "dest_compute": None,
        "source_node": "node1",
        "dest_node": None,
        "dest_host": None,
        "old_instance_type_id": None,
        "new_instance_type_id": None,
        "instance_uuid": uuid(number),
        "status": "accepted",
        "migration_type": "evacuation",
        "user_id": "u1",
        "project_id": "p1",
        "created_at": "2026-03-01T12:00:00.000000",
        "updated_at": None,
    } | changes


def answer(
    kept: list[dict[str, Any]], path: str, query: dict[str, str], spoken: str | None
) -> Answer:
    version = tuple(int(part) for part in (spoken or "2.1").split("."))
    if version < (2, 59):
        late = ("uuid", "user_id", "project_id")
        old = [{key: each[key] for key in each if key not in late} for each in kept]
        return 200, {"migrations": old}, {}
    uuids = [each["uuid"] for each in kept]
    begin = uuids.index(query["marker"]) + 1 if "marker" in query else 0
    size = min(PAGE, int(query.get("limit", PAGE)))
    page = kept[begin : begin + size]
    body: dict[str, Any] = {"migrations": page}
    if len(page) == size:
        href = f"http://elsewhere{path}?limit={size}&marker={page[-1]['uuid']}"
        body["migrations_links"] = [{"rel": "next", "href": href}]
    return 200, body, {}
