"""os-hypervisors of the fake cloud, as the contract documents it; pages have two records."""

import json
from typing import Any

PAGE = 2
_USAGE = {
    "vcpus": 16, "memory_mb": 65536, "local_gb": 1024, "vcpus_used": 3, "memory_mb_used": 1024,
    "local_gb_used": 24, "free_ram_mb": 64512, "free_disk_gb": 1000, "current_workload": 0,
    "running_vms": 2, "disk_available_least": 1000,
}  # fmt: skip
_UPTIME = " 08:32:11 up 93 days, 18:25,  - users,  load average: -, -, -"

Answer = tuple[int, object, dict[str, str]]


def uuid(number: int) -> str:
    return f"{number:08}-0000-4000-8000-000000000000"


def made(number: int, name: str, **changes: object) -> dict[str, Any]:
    """A hypervisor, newest version first: what older ones have is added by `answer`."""
    return {
        "id": number,
        "hypervisor_hostname": name,
        "state": "up",
        "status": "enabled",
        "hypervisor_type": "QEMU",
        "hypervisor_version": 8_002_000,
        "host_ip": "192.0.2.7",
        "service": {"id": number, "host": name, "disabled_reason": None},
        "uptime": _UPTIME,
    } | changes


def answer(
    kept: list[dict[str, Any]], path: str, query: dict[str, str], spoken: str | None
) -> Answer:
    version = tuple(int(part) for part in (spoken or "2.1").split("."))
    below = path.removeprefix("/v2.1/os-hypervisors").strip("/")
    if below == "detail":
        return _listed([_at(each, version) for each in kept], query, version)
    if below == "statistics":
        if version >= (2, 88):
            return _not_found("The resource could not be found.")
        sums = {name: value * len(kept) for name, value in _USAGE.items()}
        return 200, {"hypervisor_statistics": {"count": len(kept)} | sums}, {}
    key, _, action = below.partition("/")
    for each in kept:
        shown = _at(each, version)
        if str(shown["id"]) != key:
            continue
        if not action:
            return 200, {"hypervisor": shown}, {}
        return _uptime(each)
    return _not_found(f"Hypervisor with ID '{key}' could not be found.")


def _listed(found: list[dict[str, Any]], query: dict[str, str], version: tuple[int, ...]) -> Answer:
    pattern = query.get("hypervisor_hostname_pattern")
    if pattern is not None:
        found = [each for each in found if pattern in each["hypervisor_hostname"]]
        if not found:
            return _not_found(f"No hypervisor matching '{pattern}' could be found.")
        return 200, {"hypervisors": found}, {}
    if version < (2, 33):
        return 200, {"hypervisors": found}, {}
    ids = [str(each["id"]) for each in found]
    begin = ids.index(query["marker"]) + 1 if "marker" in query else 0
    page = found[begin : begin + PAGE]
    body: dict[str, Any] = {"hypervisors": page}
    if len(page) == PAGE:
        href = f"http://elsewhere/v2.1/os-hypervisors/detail?marker={page[-1]['id']}"
        body["hypervisors_links"] = [{"rel": "next", "href": href}]
    return 200, body, {}


def _uptime(record: dict[str, Any]) -> Answer:
    if record["state"] == "down":
        text = f"Compute service of {record['service']['host']} is unavailable at this time."
        return 400, {"badRequest": {"code": 400, "message": text}}, {}
    if record["uptime"] is None:
        text = "The requested functionality is not supported."
        return 501, {"notImplemented": {"code": 501, "message": text}}, {}
    return 200, {"hypervisor": {"id": record["id"], "uptime": record["uptime"]}}, {}


def _at(record: dict[str, Any], version: tuple[int, ...]) -> dict[str, Any]:
    shown = dict(record)
    if version >= (2, 53):
        shown["id"] = uuid(record["id"])
        shown["service"] = record["service"] | {"id": uuid(100 + record["id"])}
    if version < (2, 88):
        del shown["uptime"]
        info: object = {"model": "EPYC"}
        shown |= _USAGE | {"cpu_info": info if version >= (2, 28) else json.dumps(info)}
    return shown


def _not_found(message: str) -> Answer:
    return 404, {"itemNotFound": {"code": 404, "message": message}}, {}
