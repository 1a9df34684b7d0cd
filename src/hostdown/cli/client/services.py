"""Compute services, in the form that each microversion has for them.

Up to 2.52 a service is changed by host and binary, from 2.53 by its uuid; a host and a binary are
good at every version, because from 2.53 on they are looked up first.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from hostdown.cli.client.compute import Compute, is_uuid
from hostdown.cli.errors import CliError, Exit, UsageError

BY_UUID = (2, 53)
FORCED_DOWN = (2, 11)

Record = dict[str, Any]


@dataclass(frozen=True)
class Target:
    """One service: (host, binary), or an id alone."""

    host: str | None = None
    binary: str | None = None
    id: str | None = None

    def __str__(self) -> str:
        return f"service {self.id}" if self.id else f"{self.binary} on host {self.host}"


@dataclass(frozen=True)
class Wanted:
    """What to change; None leaves it."""

    disabled: bool | None = None
    reason: str | None = None
    forced_down: bool | None = None


def target(name: str, binary: str | None) -> Target:
    """What one or two words name: a uuid alone is an id, any other word alone a nova-compute."""
    if binary is None and is_uuid(name):
        return Target(id=name)
    return Target(host=name, binary=binary or "nova-compute")


def listed(compute: Compute, host: str | None = None, binary: str | None = None) -> list[Record]:
    """All services, or those of a host, of a binary."""
    query = {k: v for k, v in {"host": host, "binary": binary}.items() if v is not None}
    body = compute.call("GET", "/os-services" + (f"?{urlencode(query)}" if query else ""))
    found = body.get("services") if isinstance(body, dict) else None
    if not isinstance(found, list):
        raise CliError(f"{compute.base}/os-services answered without a list of services")
    return found


def change(compute: Compute, what: Target, wanted: Wanted) -> Record:
    """Make the change; the record that the server answered, with what it left out filled in."""
    if wanted.forced_down is not None and compute.version < FORCED_DOWN:
        raise UsageError("forcing a service down needs microversion 2.11 or later")
    if compute.version >= BY_UUID:
        return _change_by_uuid(compute, what.id or id_of(compute, what), wanted)
    if what.id:
        raise UsageError("a uuid names a service from microversion 2.53 on; give host and binary")
    record: Record = {}
    # Forcing down is the urgent part: it goes first.
    if wanted.forced_down is not None:
        record |= _action(compute, "force-down", what, {"forced_down": wanted.forced_down})
    if wanted.disabled is False:
        record |= _action(compute, "enable", what, {})
    elif wanted.disabled and wanted.reason is not None:
        record |= _action(compute, "disable-log-reason", what, {"disabled_reason": wanted.reason})
    elif wanted.disabled:
        record |= _action(compute, "disable", what, {})
    return record


def delete(compute: Compute, what: Target) -> None:
    """Delete a service."""
    name = what.id or id_of(compute, what)
    compute.call("DELETE", f"/os-services/{quote(name, safe='')}")


def _change_by_uuid(compute: Compute, uuid: str, wanted: Wanted) -> Record:
    body: Record = {}
    if wanted.disabled is not None:
        body["status"] = "disabled" if wanted.disabled else "enabled"
    if wanted.reason is not None:
        body["disabled_reason"] = wanted.reason
    if wanted.forced_down is not None:
        body["forced_down"] = wanted.forced_down
    return _service(compute.call("PUT", f"/os-services/{quote(uuid, safe='')}", body))


def _action(compute: Compute, action: str, what: Target, facts: Record) -> Record:
    body = {"host": what.host, "binary": what.binary, **facts}
    return _service(compute.call("PUT", f"/os-services/{action}", body))


def _service(body: object) -> Record:
    service = body.get("service") if isinstance(body, dict) else None
    if not isinstance(service, dict):
        raise CliError("the server answered, but not with a service")
    return service


def id_of(compute: Compute, what: Target) -> str:
    """The id of the one service that is meant; raises CliError if there is none, or several."""
    if not what.host:
        raise UsageError("the name of the host is empty; an empty one would mean any host")
    found = listed(compute, what.host, what.binary)
    if not found:
        raise CliError(f"there is no {what.binary} on host '{what.host}'", Exit.NOT_FOUND)
    if len(found) > 1:
        ids = ", ".join(str(record.get("id")) for record in found)
        raise CliError(f"{len(found)} services are {what}: choose one by its id ({ids})")
    if "id" not in found[0]:
        raise CliError(
            f"the database of the cell that host '{what.host}' is in does not answer; try again",
            Exit.NO_ANSWER,
        )
    return str(found[0]["id"])
