"""os-availability-zone: the zones, and with rights what runs in each (contract 6.4)."""

from typing import NamedTuple

from hostdown.api.compute import types
from hostdown.api.compute.call import Call
from hostdown.api.compute.fields import Field, Query, views
from hostdown.api.compute.microversion import Version
from hostdown.api.compute.route import Answer, Route
from hostdown.api.compute.types import closed, shown
from hostdown.domain.liveness import State, Window, state_in, window
from hostdown.domain.model import Service
from hostdown.domain.zones import Zones
from hostdown.services import compute_services
from hostdown.services.availability import Availability, availability

Hosts = dict[str, dict[str, object]]


class ShownZone(NamedTuple):
    """A zone; `hosts` has the services of each host by their binaries, None where it is hidden."""

    name: str
    available: bool
    hosts: Hosts | None = None


_SERVICE = closed({"available": types.FLAG, "active": types.FLAG, "updated_at": types.TIME_OR_NULL})
_BY_NAME = {"type": "object", "additionalProperties": _SERVICE}

FIELDS: tuple[Field[ShownZone, None], ...] = (
    Field("zoneName", "name", schema=types.STRING),
    Field(
        "zoneState",
        lambda zone: {"available": zone.available},
        schema=closed({"available": types.FLAG}, ["available"]),
    ),
    Field(
        "hosts",
        "hosts",
        schema={"type": ["object", "null"], "additionalProperties": _BY_NAME},
    ),
)
VIEWS = views(FIELDS)


def index(call: Call) -> object:
    """GET /os-availability-zone: names alone, and not that of our own services' zone."""
    call.authorize()
    found, zones = _look(call)
    internal = zones.policy.internal
    return _answer(
        call,
        [
            *(ShownZone(name, True) for name in found.available if name != internal),
            *(ShownZone(name, False) for name in found.others if name != internal),
        ],
    )


def detail(call: Call) -> object:
    """GET /os-availability-zone/detail: with the enabled services."""
    call.authorize()
    found, _ = _look(call)
    life = window(call.parts.clock.now(), call.parts.liveness)
    return _answer(
        call,
        [
            *(ShownZone(name, True, _hosts(each, life)) for name, each in found.available.items()),
            *(ShownZone(name, False) for name in found.others),
        ],
    )


def _look(call: Call) -> tuple[Availability, Zones]:
    listing = compute_services.list_services(call.parts.cells, call.parts.directory)
    zones = call.parts.zones.current()
    return availability(listing.services, zones), zones


def _answer(call: Call, zones: list[ShownZone]) -> object:
    return {"availabilityZoneInfo": VIEWS[call.version](zones, None)}


def _hosts(services: list[Service], life: Window) -> Hosts:
    hosts: Hosts = {}
    for service in services:
        hosts.setdefault(service.host, {})[service.binary] = {
            "available": state_in(service, life) == State.UP,
            "active": True,
            "updated_at": shown(service.updated_at),
        }
    return hosts


_RULES = "os_compute_api:os-availability-zone"
_QUERY = Query((), closed_since=Version(2, 102))
_ANSWER = Answer("availabilityZoneInfo", FIELDS, many=True)

ROUTES = (
    Route("GET", "/os-availability-zone", index, f"{_RULES}:list", query=_QUERY, answer=_ANSWER),
    Route(
        "GET",
        "/os-availability-zone/detail",
        detail,
        f"{_RULES}:detail",
        query=_QUERY,
        answer=_ANSWER,
        note="Disabled services are left out; a zone that has no others shows no hosts.",
    ),
)
