"""os-simple-tenant-usage: how long servers of which size ran, by project."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import NamedTuple

from hostdown.api.compute import server_lookup, types
from hostdown.api.compute.call import Call
from hostdown.api.compute.fields import Field, Param, Query, views
from hostdown.api.compute.list_errors import PeriodReversed, TimeMalformed
from hostdown.api.compute.microversion import Version
from hostdown.api.compute.paging import PARAMS, next_links, page_size
from hostdown.api.compute.route import Answer, Route
from hostdown.api.compute.types import QUERY_TEXT, closed
from hostdown.domain.instance import Instance
from hostdown.domain.instance_order import column
from hostdown.domain.usage import Period, hours, ran
from hostdown.services.instance_ports import InstanceQuery
from hostdown.services.server_list import Wanted, list_servers

_FORMS = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%d %H:%M:%S.%f")
_PAGED_SINCE = Version(2, 40)

SERVERS_MAX = 100_000
"""Servers that one answer without pages adds up."""

# ------------------------------------------------------------------------------- what goes out


class Server(NamedTuple):
    """One that ran, for how long of the period, and what time it is."""

    of: Instance
    hours: float
    now: datetime


class Usage(NamedTuple):
    """What the servers of a project add up to."""

    project_id: str
    servers: list[Server]
    period: Period


def _gigabytes(server: Server) -> int:
    return server.of.flavor.root_gb + server.of.flavor.ephemeral_gb


def _uptime(server: Server) -> int:
    begun = server.of.launched_at or server.now
    return int(((server.of.terminated_at or server.now) - begun).total_seconds())


def _state(server: Server) -> str:
    return server.of.vm_state if server.of.terminated_at is None else "terminated"


def _sum(size: Callable[[Server], int]) -> Callable[[Usage], float]:
    return lambda usage: float(sum(size(each) * each.hours for each in usage.servers))


_NUMBER = {"type": "number"}
_SERVER: tuple[Field[Server, None], ...] = (
    Field("instance_id", "of.uuid", schema=types.UUID),
    Field("name", "of.name", schema=types.STRING),
    Field("hours", "hours", schema=_NUMBER),
    Field("flavor", "of.flavor.name", schema=types.STRING),
    Field("memory_mb", "of.flavor.memory_mb", schema=types.INTEGER),
    Field("local_gb", _gigabytes, schema=types.INTEGER),
    Field("vcpus", "of.flavor.vcpus", schema=types.INTEGER),
    Field("tenant_id", "of.project_id", schema=types.STRING),
    Field("started_at", lambda each: types.shown(each.of.launched_at), schema=types.STRING),
    Field("ended_at", lambda each: types.shown(each.of.terminated_at), schema=types.STRING_OR_NULL),
    Field("state", _state, schema=types.STRING),
    Field("uptime", _uptime, schema=types.INTEGER),
)
_SERVERS = views(_SERVER)[Version(2, 1)]
_SERVERS_SCHEMA = {
    "type": "array",
    "items": closed(
        {each.name: each.schema or {} for each in _SERVER}, [each.name for each in _SERVER]
    ),
}
_TOTALS: tuple[Field[Usage, None], ...] = (
    Field("tenant_id", "project_id", schema=types.STRING),
    Field(
        "total_local_gb_usage",
        _sum(_gigabytes),
        schema=_NUMBER,
    ),
    Field("total_vcpus_usage", _sum(lambda each: each.of.flavor.vcpus), schema=_NUMBER),
    Field("total_memory_mb_usage", _sum(lambda each: each.of.flavor.memory_mb), schema=_NUMBER),
    Field("total_hours", _sum(lambda _: 1), schema=_NUMBER),
    Field("start", lambda usage: types.shown(usage.period.start), schema=types.STRING),
    Field("stop", lambda usage: types.shown(usage.period.stop), schema=types.STRING),
)
_DETAILED: tuple[Field[Usage, None], ...] = (
    *_TOTALS,
    Field("server_usages", lambda usage: _SERVERS(usage.servers, None), schema=_SERVERS_SCHEMA),
)
_BRIEF_VIEW, _VIEW = views(_TOTALS)[Version(2, 1)], views(_DETAILED)[Version(2, 1)]


# -------------------------------------------------------------------------------------- calls


def index(call: Call) -> object:
    """GET /os-simple-tenant-usage: of every project that had any."""
    call.authorize()
    found, links = _usages(call, None)
    view = _VIEW if call.last("detailed") == "1" else _BRIEF_VIEW
    return {"tenant_usages": view(found, None), **_linked("tenant_usages_links", links)}


def show(call: Call) -> object:
    """GET /os-simple-tenant-usage/{id}: an object without keys for a project that had none."""
    project_id = call.names["id"]
    call.authorize({"project_id": project_id})
    found, links = _usages(call, project_id)
    record = next(iter(_VIEW(found, None)), {})
    return {"tenant_usage": record, **_linked("tenant_usage_links", links)}


def _linked(name: str, links: object) -> dict[str, object]:
    return {name: links} if links else {}


def _usages(call: Call, project_id: str | None) -> tuple[list[Usage], object]:
    """Raises TimeMalformed, PeriodReversed, MarkerNotFound."""
    period, now = _period(call), call.parts.clock.now()
    paged = call.version >= _PAGED_SINCE
    marker = call.last("marker") if paged else None
    wanted = Wanted(
        InstanceQuery(
            deleted=None, equal=[] if project_id is None else [("project_id", [project_id])]
        ),
        [column("project_id", False), column("uuid", False)],
        page_size(call) if paged else SERVERS_MAX,
        partial(ran, period=period),
        None if marker is None else server_lookup.marked(call.parts, marker, project_id),
    )
    there = list_servers(call.parts.cells, wanted, services=False).instances
    links = next_links(call, len(there), there[-1].uuid) if paged and there else []
    return list(_by_project(there, period, now)), links


def _by_project(there: Iterable[Instance], period: Period, now: datetime) -> Iterable[Usage]:
    for project_id, servers in groupby(there, lambda each: each.project_id):
        measured = [Server(each, hours(each, period), now) for each in servers]
        yield Usage(project_id, measured, period)


def _period(call: Call) -> Period:
    """Raises TimeMalformed, PeriodReversed; a time that is not given is now."""
    start, stop = _moment(call, "start"), _moment(call, "end")
    now = call.parts.clock.now()
    period = Period(start or now, stop or now)
    if (start or stop) and period.start >= period.stop:
        raise PeriodReversed
    return period


def _moment(call: Call, name: str) -> datetime | None:
    """The first value counts here, not the last."""
    text = next(iter(call.query.get(name, ())), "")
    for form in _FORMS:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            pass
    if text:
        raise TimeMalformed
    return None


_RULES = "os_compute_api:os-simple-tenant-usage"
_PERIOD = (Param("start", QUERY_TEXT), Param("end", QUERY_TEXT))
_PAGES = tuple(Param(each.name, each.schema, since=_PAGED_SINCE) for each in PARAMS)
_CLOSED_SINCE = Version(2, 75)

ROUTES = (
    Route(
        "GET",
        "/os-simple-tenant-usage",
        index,
        f"{_RULES}:list",
        query=Query((*_PERIOD, Param("detailed", QUERY_TEXT), *_PAGES), _CLOSED_SINCE),
        answer=Answer(
            "tenant_usages",
            _DETAILED,
            many=True,
            beside=("tenant_usages_links",),
            always=tuple(each.name for each in _TOTALS),
        ),
    ),
    Route(
        "GET",
        "/os-simple-tenant-usage/{id}",
        show,
        f"{_RULES}:show",
        query=Query((*_PERIOD, *_PAGES), _CLOSED_SINCE),
        answer=Answer("tenant_usage", _DETAILED, beside=("tenant_usage_links",), always=()),
    ),
)
