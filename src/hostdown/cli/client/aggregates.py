"""Aggregates and availability zones, as every microversion has them."""

from collections.abc import Mapping
from typing import Any, TypeVar

from hostdown.cli.client.compute import Compute
from hostdown.cli.errors import CliError, Exit

Record = dict[str, Any]
T = TypeVar("T")


def listed(compute: Compute) -> list[Record]:
    """All aggregates."""
    return _part(compute.call("GET", "/os-aggregates"), "aggregates", list)


def found(compute: Compute, name: str) -> Record:
    """The aggregate with this number, else the one with this name; raises CliError."""
    everything = listed(compute)
    for key in ("id", "name"):
        for record in everything:
            if str(record.get(key)) == name:
                return record
    raise CliError(f"there is no aggregate '{name}'", Exit.NOT_FOUND)


def create(compute: Compute, name: str, zone: str | None) -> Record:
    """A new one, without what creation leaves out of its answer."""
    asked = {"name": name} | ({"availability_zone": zone} if zone is not None else {})
    return _one(compute.call("POST", "/os-aggregates", {"aggregate": asked}))


def update(compute: Compute, number: object, changes: Mapping[str, str]) -> Record:
    """Another name, another zone, or both."""
    return _one(compute.call("PUT", f"/os-aggregates/{number}", {"aggregate": dict(changes)}))


def set_metadata(compute: Compute, number: object, metadata: Mapping[str, str | None]) -> Record:
    """Set metadata; None takes a key away."""
    return _act(compute, number, "set_metadata", {"metadata": dict(metadata)})


def add_host(compute: Compute, number: object, host: str) -> Record:
    """One host more."""
    return _act(compute, number, "add_host", {"host": host})


def remove_host(compute: Compute, number: object, host: str) -> Record:
    """One host less."""
    return _act(compute, number, "remove_host", {"host": host})


def delete(compute: Compute, number: object) -> None:
    """Delete an empty one."""
    compute.call("DELETE", f"/os-aggregates/{number}")


def zones(compute: Compute, *, detail: bool) -> list[Record]:
    """Zones; in detail with their hosts, which takes an admin."""
    path = "/os-availability-zone" + ("/detail" if detail else "")
    return _part(compute.call("GET", path), "availabilityZoneInfo", list)


def _act(compute: Compute, number: object, action: str, facts: Record) -> Record:
    return _one(compute.call("POST", f"/os-aggregates/{number}/action", {action: facts}))


def _one(body: object) -> Record:
    return _part(body, "aggregate", dict)


def _part(body: object, key: str, kind: type[T]) -> T:
    part = body.get(key) if isinstance(body, dict) else None
    if not isinstance(part, kind):
        raise CliError(f"the server answered, but without '{key}'")
    return part
