"""Hypervisors, in the form that each microversion has for them.

What is used of them was told up to 2.87, so unless a microversion was asked for, none newer is
spoken where that matters.
"""

import re
from typing import Any
from urllib.parse import quote

from hostdown.cli.client import pages
from hostdown.cli.client.compute import Compute, Version, is_uuid
from hostdown.cli.client.http import HttpError
from hostdown.cli.errors import CliError, Exit, UsageError

BY_UUID: Version = (2, 53)
USAGE_UNTIL: Version = (2, 87)

_ASKABLE = re.compile(r"^[a-zA-Z0-9._-]{1,255}\Z")
"""Parts of names that a request can hold; for others everything is listed and looked at here."""

_DETAIL = "/os-hypervisors/detail"
Record = dict[str, Any]


def listed(compute: Compute, pattern: str | None = None, usage: bool = False) -> list[Record]:
    """All, or those with `pattern` in the host name; `usage`: with what is used, if it is told."""
    version = compute.at_most(USAGE_UNTIL) if usage else compute.version
    if pattern is None or version < BY_UUID or not _ASKABLE.match(pattern):
        found = pages.records(compute, _DETAIL, "hypervisors", version=version)
        return [each for each in found if pattern is None or pattern in _name(each)]
    query = {"hypervisor_hostname_pattern": pattern}
    try:
        return pages.records(compute, _DETAIL, "hypervisors", query, version)
    except HttpError as error:
        if error.status == 404:
            return []
        raise


def shown(compute: Compute, name: str) -> Record:
    """One, by its id or its exact host name, with its uptime and, if it is told, what is used."""
    version = compute.at_most(USAGE_UNTIL)
    by_id = is_uuid(name) if version >= BY_UUID else name.isdecimal()
    key = name if by_id else _id_of(compute, name)
    path = f"/os-hypervisors/{quote(key, safe='')}"
    record = _one(_get(compute, path, version))
    if version <= USAGE_UNTIL:
        record["uptime"] = _uptime(compute, path, version)
    return record


def totals(compute: Compute) -> Record:
    """Sums over all hypervisors whose service is enabled."""
    version = compute.at_most(USAGE_UNTIL)
    if version > USAGE_UNTIL:
        raise UsageError("sums over hypervisors need microversion 2.87 or older")
    body = _get(compute, "/os-hypervisors/statistics", version)
    sums = body.get("hypervisor_statistics") if isinstance(body, dict) else None
    if not isinstance(sums, dict):
        raise CliError("the server answered, but not with sums over hypervisors")
    return sums


def _get(compute: Compute, path: str, version: Version) -> Any:  # noqa: ANN401 - parsed JSON
    return compute.call("GET", path, version=version)


def _one(body: object) -> Record:
    found = body.get("hypervisor") if isinstance(body, dict) else None
    if not isinstance(found, dict):
        raise CliError("the server answered, but not with a hypervisor")
    return found


def _name(record: Record) -> str:
    return str(record.get("hypervisor_hostname"))


def _id_of(compute: Compute, name: str) -> str:
    found = [each for each in listed(compute, name, usage=True) if _name(each) == name]
    if not found:
        raise CliError(f"there is no hypervisor '{name}'", Exit.NOT_FOUND)
    if len(found) > 1:
        ids = ", ".join(str(each["id"]) for each in found)
        raise CliError(
            f"{len(found)} hypervisors are called '{name}': choose one by its id ({ids})"
        )
    return str(found[0]["id"])


def _uptime(compute: Compute, path: str, version: Version) -> str | None:
    """None of a host that is down (400), or whose hypervisor does not say (501)."""
    try:
        return _one(_get(compute, f"{path}/uptime", version)).get("uptime")
    except HttpError as error:
        if error.status in (400, 501):
            return None
        raise
