"""os-services: list, disable, enable, force down, delete (contract §2)."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from hostdown.api.compute import ids, types
from hostdown.api.compute.call import Call
from hostdown.api.compute.errors import (
    DisabledReasonMissing,
    EnabledWithReason,
    ForcedDownMissing,
    NoUpdates,
    UnknownAction,
)
from hostdown.api.compute.fields import Field, Param, Query, Record, views
from hostdown.api.compute.microversion import MAXIMUM, MINIMUM, Version, by_version
from hostdown.api.compute.route import Answer, Route
from hostdown.api.compute.types import BOOLEAN, HOST, QUERY_TEXT, TEXT, shown, truth
from hostdown.domain.errors import HostdownError, ServiceNotFound, ServiceToDeleteNotFound
from hostdown.domain.liveness import Window, state_in, window
from hostdown.domain.model import COMPUTE, Service
from hostdown.domain.zones import Zones, zone
from hostdown.services import compute_services
from hostdown.services.compute_services import Wanted

# ------------------------------------------------------------------------------- what goes out


class Shown(NamedTuple):
    """What a record needs to know beside the service."""

    life: Window
    zones: Zones


def _updated_at(service: Service) -> object:
    return shown(service.updated_at)


def _status(service: Service) -> str:
    return "disabled" if service.disabled else "enabled"


FIELDS: tuple[Field[Service, Shown], ...] = (
    Field("binary", "binary", schema=types.STRING),
    Field("host", "host", schema=types.STRING),
    Field("id", "id", until=Version(2, 52), schema=types.INTEGER),
    Field("id", "uuid", since=Version(2, 53), schema=types.UUID),
    Field("zone", zone, given="zones", schema=types.STRING),
    Field("status", _status, schema={"enum": ["enabled", "disabled", "UNKNOWN"]}),
    Field("state", state_in, given="life", schema={"enum": ["up", "down"]}),
    Field("updated_at", _updated_at, schema=types.TIME_OR_NULL),
    Field("disabled_reason", "disabled_reason", schema=types.STRING_OR_NULL),
    Field("forced_down", "forced_down", since=Version(2, 11), schema=types.FLAG),
)
VIEWS = views(FIELDS)

PARTIAL_SINCE = Version(2, 69)
"""From here on, hosts of a cell that does not answer are listed by name."""


def _shown(call: Call) -> Shown:
    return Shown(window(call.parts.clock.now(), call.parts.liveness), call.parts.zones.current())


def _partial(host: str) -> Record:
    return {"binary": COMPUTE, "host": host, "status": "UNKNOWN"}


# -------------------------------------------------------------------------------------- listing

INDEX_QUERY = Query(
    (Param("host", QUERY_TEXT), Param("binary", QUERY_TEXT)), closed_since=Version(2, 75)
)


def index(call: Call) -> object:
    """GET /os-services (contract 2.2)."""
    call.authorize()
    listing = compute_services.list_services(
        call.parts.cells, call.parts.directory, call.last("host"), call.last("binary")
    )
    records = VIEWS[call.version](listing.services, _shown(call))
    if call.version >= PARTIAL_SINCE:
        records += map(_partial, listing.unknown_hosts)
    return {"services": records}


# ------------------------------------------------------------------------ changes by host, <= 2.52

ON_HOST_BODY = (
    Param("host", HOST, required=True),
    Param("binary", TEXT, required=True),
    Param("disabled_reason", TEXT),
    Param("forced_down", BOOLEAN, since=Version(2, 11)),
)

Body = Mapping[str, Any]


@dataclass(frozen=True)
class Action:
    """A sub-path of PUT /os-services: what it changes, and which keys its answer has."""

    name: str
    wanted: Callable[[Body], Wanted]
    answered: tuple[str, ...]
    needs: str | None = None
    missing: type[HostdownError] | None = None
    since: Version = MINIMUM
    until: Version = MAXIMUM


ACTIONS = (
    Action("disable", lambda _: Wanted(disabled=True), ("host", "binary", "status")),
    Action(
        "disable-log-reason",
        lambda body: Wanted(disabled=True, disabled_reason=body["disabled_reason"]),
        ("host", "binary", "status", "disabled_reason"),
        needs="disabled_reason",
        missing=DisabledReasonMissing,
    ),
    Action("enable", lambda _: Wanted(disabled=False), ("host", "binary", "status")),
    Action(
        "force-down",
        lambda body: Wanted(forced_down=truth(body["forced_down"])),
        ("host", "binary", "forced_down"),
        needs="forced_down",
        missing=ForcedDownMissing,
        since=Version(2, 11),
    ),
)
_ACTIONS = by_version(ACTIONS, lambda alive: {action.name: action for action in alive})

_ANSWERED = {name for action in ACTIONS for name in action.answered}
ON_HOST_FIELDS = tuple(field for field in FIELDS if field.name in _ANSWERED)
ACTION_NAMES = (
    Param("id", {"enum": [*_ACTIONS[MINIMUM]]}, until=Version(2, 10)),
    Param("id", {"enum": [*_ACTIONS[MAXIMUM]]}, since=Version(2, 11)),
)


def update_on_host(call: Call) -> object:
    """PUT /os-services/{action} (contract 2.5)."""
    call.authorize()
    action = _ACTIONS[call.version].get(call.names["id"])
    if action is None:
        raise UnknownAction
    if action.missing is not None and action.needs not in call.body:
        raise action.missing
    service = compute_services.update_on_host(
        call.parts.cells,
        call.parts.directory,
        call.caller,
        call.body["host"],
        call.body["binary"],
        action.wanted(call.body),
        call.parts.clock.now(),
    )
    facts = {
        "host": service.host,
        "binary": service.binary,
        "status": _status(service),
        "disabled_reason": service.disabled_reason,
        "forced_down": service.forced_down,
    }
    return {"service": {name: facts[name] for name in action.answered}}


# ------------------------------------------------------------------------- changes by uuid, 2.53 -

UPDATE_BODY = (
    Param("status", {"type": "string", "enum": ["enabled", "disabled"]}),
    Param("disabled_reason", TEXT),
    Param("forced_down", BOOLEAN),
)


def update(call: Call) -> object:
    """PUT /os-services/{uuid} (contract 2.6)."""
    service_id = ids.uuid(call.names["id"])
    call.authorize()
    with _not_found_as_asked(call):
        cell, service = compute_services.find_service(call.parts.cells, service_id)
    wanted = _wanted(call.body)
    service = compute_services.update(
        cell, call.caller, service.uuid, wanted, call.parts.clock.now()
    )
    return {"service": VIEWS[call.version]([service], _shown(call))[0]}


def _wanted(body: Body) -> Wanted:
    status, reason, forced_down = map(body.get, ("status", "disabled_reason", "forced_down"))
    if status == "enabled" and reason:
        raise EnabledWithReason
    if status is None and forced_down is None:
        raise NoUpdates
    return Wanted(
        disabled=None if status is None else status == "disabled",
        disabled_reason=reason,
        forced_down=None if forced_down is None else truth(forced_down),
    )


# --------------------------------------------------------------------------------------- deletion


def delete_by_number(call: Call) -> None:
    """DELETE /os-services/{integer} (contract 2.8)."""
    call.authorize()
    _delete(call, ids.number(call.names["id"]))


def delete_by_uuid(call: Call) -> None:
    """DELETE /os-services/{uuid} (contract 2.8)."""
    call.authorize()
    _delete(call, ids.uuid(call.names["id"]))


def _delete(call: Call, service_id: int | str) -> None:
    parts = call.parts
    with _not_found_as_asked(call):
        compute_services.delete(
            parts.cells, parts.directory, call.caller, service_id, parts.clock.now()
        )


@contextmanager
def _not_found_as_asked(call: Call) -> Iterator[None]:
    """A service that is not there is named as the path names it, not as it was looked up."""
    try:
        yield
    except (ServiceNotFound, ServiceToDeleteNotFound) as error:
        raise type(error)(service_id=call.names["id"]) from error


# ----------------------------------------------------------------------------------------- routes

_RULES = "os_compute_api:os-services"
_ONE = "/os-services/{id}"
_BY_HOST_UNTIL = Version(2, 52)
_BY_UUID_SINCE = Version(2, 53)

ROUTES = (
    Route(
        "GET",
        "/os-services",
        index,
        f"{_RULES}:list",
        query=INDEX_QUERY,
        answer=Answer("services", FIELDS, many=True, always=("binary", "host", "status")),
        note=f"From {PARTIAL_SINCE} on, hosts of a silent cell are of `status` `UNKNOWN`, no more.",
    ),
    Route(
        "PUT",
        _ONE,
        update_on_host,
        f"{_RULES}:update",
        until=_BY_HOST_UNTIL,
        body=ON_HOST_BODY,
        answer=Answer("service", ON_HOST_FIELDS, always=("host", "binary")),
        names=ACTION_NAMES,
        note="`disable-log-reason` needs `disabled_reason`, `force-down` needs `forced_down`. The "
        "answer has `host`, `binary` and what the action is about.",
    ),
    Route(
        "PUT",
        _ONE,
        update,
        f"{_RULES}:update",
        since=_BY_UUID_SINCE,
        body=UPDATE_BODY,
        answer=Answer("service", FIELDS),
        names=ids.BY_UUID,
    ),
    Route(
        "DELETE",
        _ONE,
        delete_by_number,
        f"{_RULES}:delete",
        until=_BY_HOST_UNTIL,
        success=204,
        names=ids.BY_NUMBER,
        faults=(409,),
    ),
    Route(
        "DELETE",
        _ONE,
        delete_by_uuid,
        f"{_RULES}:delete",
        since=_BY_UUID_SINCE,
        success=204,
        names=ids.BY_UUID,
        faults=(409,),
    ),
)
