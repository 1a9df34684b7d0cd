"""Servers, as every microversion has them."""

import re
from collections.abc import Mapping
from typing import Any

from hostdown.cli.client import pages
from hostdown.cli.client.compute import Compute, Version, is_uuid
from hostdown.cli.errors import CliError, Exit

Record = dict[str, Any]

_DETAILS: Version = (2, 84)
"""Since then events of a history have details."""


def listed(
    compute: Compute, filters: Mapping[str, object], most: int | None = None
) -> list[Record]:
    """Those that pass the filters, the newest first; of these the first `most`."""
    query = dict(filters) if most is None else {**filters, "limit": most}
    return pages.records(compute, "/servers/detail", "servers", query, most=most)


def shown(compute: Compute, name: str) -> Record:
    """One, by its id or its exact name."""
    body = compute.call("GET", f"/servers/{id_of(compute, name)}")
    found = body.get("server") if isinstance(body, dict) else None
    if not isinstance(found, dict):
        raise CliError("the server answered, but not with a server")
    return found


def id_of(compute: Compute, name: str) -> str:
    """Of a server that is named by its id, or by its exact name in the caller's project."""
    if is_uuid(name):
        return name
    query = {"name": f"^{re.escape(name)}$"}
    found = [
        each
        for each in pages.records(compute, "/servers", "servers", query)
        if each.get("name") == name
    ]
    if not found:
        raise CliError(f"your project has no server '{name}'", Exit.NOT_FOUND)
    if len(found) > 1:
        ids = ", ".join(str(each["id"]) for each in found)
        raise CliError(f"{len(found)} servers are called '{name}': choose one by its id ({ids})")
    return str(found[0]["id"])


def why(compute: Compute, server: str, action: str) -> str:
    """Why its newest action of this name failed, as its history tells; "" if it does not."""
    path = f"/servers/{server}/os-instance-actions"
    actions = compute.call("GET", path).get("instanceActions", [])
    newest = next((each for each in actions if each.get("action") == action), None)
    if newest is None or compute.version < _DETAILS:
        return ""
    shown = compute.call("GET", f"{path}/{newest['request_id']}").get("instanceAction", {})
    details = [each.get("details") for each in shown.get("events", [])]
    return next((each for each in details if each), "")
