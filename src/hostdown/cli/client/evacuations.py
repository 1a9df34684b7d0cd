"""The servers of a dead host, moved in one call: an extension that only hostdown has."""

from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import quote

from hostdown.cli.client import services
from hostdown.cli.client.compute import Compute, Version
from hostdown.cli.client.http import HttpError
from hostdown.cli.client.migrations import listed
from hostdown.cli.errors import CliError, Exit

Record = dict[str, Any]

_SINCE: Version = (2, 53)
ENDED = frozenset({"done", "completed", "error", "failed"})
"""Of these, an evacuation goes no further by itself."""

_LIVE = "live-migration"
_LIVE_ENDED = frozenset({"completed", "failed", "error", "cancelled"})

_NOT_YET = ("evacuation migration records", "a power-off was sent")
"""Why a host is not let up that may be later on."""
_UNCLEARED = 400
"""HTTP status of an un-force that comes too early."""


def evacuate(compute: Compute, host: str, to: str | None, dry_run: bool) -> list[Record]:
    """What becomes of each of its servers, the most urgent first."""
    if compute.version < _SINCE:
        raise CliError("evacuating a whole host needs microversion 2.53 or later", Exit.USAGE)
    service = services.id_of(compute, services.Target(host=host, binary="nova-compute"))
    path = f"/os-services/{quote(service, safe='')}/evacuate"
    body = {"dry_run": dry_run} | ({} if to is None else {"host": to})
    try:
        answer = compute.call("POST", path, body)
    except HttpError as error:
        if error.status == 404 and not error.is_explained:
            raise CliError("this Compute API is not hostdown's: 'nova host-evacuate'") from None
        raise
    found = answer.get("servers") if isinstance(answer, dict) else None
    if not isinstance(found, list):
        raise CliError("the server answered, but not with a list of servers")
    return found


def migrations(compute: Compute, host: str, uuids: Collection[str]) -> Mapping[str, Record]:
    """How far these evacuations from the host have come, by their uuids."""
    return {each["uuid"]: each for each in _all(compute, host) if each.get("uuid") in uuids}


def under_way(compute: Compute, host: str) -> Mapping[str, Record]:
    """Evacuations from the host that somebody asked for before, by their servers."""
    return {each["instance_uuid"]: each for each in _all(compute, host) if _goes_on(each)}


def live(compute: Compute, host: str) -> int:
    """How many servers migrate live from the host, or to it."""
    found = listed(compute, {"host": host, "migration_type": _LIVE})
    going = (each for each in found if each.get("status") not in _LIVE_ENDED)
    return sum(each.get("migration_type") == _LIVE for each in going)


def _goes_on(migration: Record) -> bool:
    return migration.get("status") not in ENDED


def is_released(compute: Compute, host: str) -> bool:
    """Whether nobody says that the host is down; False where this version does not tell."""
    listed = services.listed(compute, host, "nova-compute")
    found = [each for each in listed if each.get("host") == host]  # an empty name means any
    return bool(found) and all(each.get("forced_down") is False for each in found)


def release(compute: Compute, host: str) -> str | None:
    """Let the host up again: None if it is, else why it may not be yet."""
    what = services.Target(host=host, binary="nova-compute")
    try:
        services.change(compute, what, services.Wanted(forced_down=False))
    except HttpError as error:
        if error.status == _UNCLEARED and any(each in str(error) for each in _NOT_YET):
            return str(error)
        raise
    return None


def uncleared(compute: Compute, host: str) -> int:
    """How many servers the host may still have something of."""
    found = _all(compute, host)
    return sum(each.get("status") in ("accepted", "pre-migrating", "done") for each in found)


def _all(compute: Compute, host: str) -> list[Record]:
    return listed(compute, {"source_compute": host, "migration_type": "evacuation"})
