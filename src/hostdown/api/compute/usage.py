"""os-simple-tenant-usage: how long servers of which size ran, project by project.

As in Nova, a page is of servers: a project whose servers are on two pages has a record on both, and
whoever reads them adds up. Before pages could be asked for, what is beyond the first was left out.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from hostdown.api.compute import server_lookup
from hostdown.api.compute.call import Call
from hostdown.api.compute.fields import Field, Param, Query, Record, views
from hostdown.api.compute.list_errors import PeriodReversed, TimeMalformed
from hostdown.api.compute.microversion import Version
from hostdown.api.compute.paging import PARAMS, next_links, page_size
from hostdown.api.compute.route import Answer, Route
from hostdown.api.compute.types import (
    INTEGER,
    QUERY_TEXT,
    STRING,
    TIME_OR_NULL,
    closed,
    shown,
)
from hostdown.domain.errors import CellUnavailable
from hostdown.domain.instance_order import column
from hostdown.domain.usage import Period, ProjectUsage, ServerUsage, usages
from hostdown.services import server_list
from hostdown.services.instance_ports import InstanceQuery
from hostdown.services.server_list import Wanted

_FORMS = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%d %H:%M:%S.%f")
_PAGED_SINCE = Version(2, 40)
_ORDER = (column("project_id", False), column("uuid", False))


def index(call: Call) -> object:
    """GET /os-simple-tenant-usage: of every project that had any."""
    call.authorize()
    page = _page(call, None)
    detailed = next(iter(call.query.get("detailed", ())), "") == "1"
    fields = _DETAILED if detailed else _BRIEF
    return page.answer("tenant_usages", fields[call.version](page.usages, None))


def show(call: Call) -> object:
    """GET /os-simple-tenant-usage/{id}: an object without keys for a project that had none."""
    call.authorize({"project_id": call.names["id"]})
    page = _page(call, call.names["id"])
    found = _DETAILED[call.version](page.usages, None)
    return page.answer("tenant_usage", found[0] if found else {})


class _Page(NamedTuple):
    usages: Sequence[ProjectUsage]
    links: list[dict[str, str]]

    def answer(self, key: str, value: object) -> Record:
        links: Record = {f"{key}_links": self.links} if self.links else {}
        return {key: value, **links}


def _page(call: Call, project_id: str | None) -> _Page:
    """Raises TimeMalformed, PeriodReversed, MarkerNotFound, CellUnavailable: no sum is smaller."""
    now = call.parts.clock.now()
    period = _period(call, now)
    marker = call.last("marker")
    after = None if marker is None else server_lookup.marked(call.parts, marker, project_id)
    equal = () if project_id is None else (("project_id", (project_id,)),)
    query = InstanceQuery(deleted=None, equal=equal, alive=period)
    wanted = Wanted(query, _ORDER, page_size(call), after=after)
    listing = server_list.list_servers(call.parts.cells, wanted, services=False)
    if listing.silent:
        raise CellUnavailable(cell=min(listing.silent))
    found = listing.instances
    paged = found and call.version >= _PAGED_SINCE
    links = next_links(call, len(found), found[-1].uuid) if paged else []
    return _Page(usages(found, period, now), links)


def _period(call: Call, now: datetime) -> Period:
    """A time that is not given is now, and nothing is known of the future."""
    start, end = _moment(call, "start"), _moment(call, "end")
    if (start or end) and (start or now) >= (end or now):
        raise PeriodReversed
    return Period(start or now, min(end or now, now))


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


# -------------------------------------------------------------------------------------- records

_NUMBER = {"type": "number", "minimum": 0}
_TIME = {**TIME_OR_NULL, "type": "string"}

_SERVER: tuple[Field[ServerUsage, None], ...] = (
    Field("instance_id", "instance.uuid", schema=STRING),
    Field("name", "instance.name", schema=STRING),
    Field("tenant_id", "instance.project_id", schema=STRING),
    Field("flavor", "instance.flavor.name", schema=STRING),
    Field("hours", "hours", schema=_NUMBER),
    Field("memory_mb", "instance.flavor.memory_mb", schema=INTEGER),
    Field("local_gb", "local_gb", schema=INTEGER),
    Field("vcpus", "instance.flavor.vcpus", schema=INTEGER),
    Field("started_at", lambda usage: shown(usage.instance.launched_at), schema=_TIME),
    Field("ended_at", lambda usage: shown(usage.instance.terminated_at), schema=TIME_OR_NULL),
    Field("state", "state", schema=STRING),
    Field("uptime", "uptime_s", schema=INTEGER),
)
_SERVERS = views(_SERVER)[_PAGED_SINCE]
_SERVER_SCHEMA = closed(
    {field.name: field.schema or {} for field in _SERVER}, [field.name for field in _SERVER]
)

_SUMS: tuple[Field[ProjectUsage, None], ...] = (
    Field("tenant_id", "project_id", schema=STRING),
    Field("start", lambda usage: shown(usage.period.start), schema=_TIME),
    Field("stop", lambda usage: shown(usage.period.stop), schema=_TIME),
    Field("total_hours", "hours", schema=_NUMBER),
    Field("total_memory_mb_usage", "memory_mb_hours", schema=_NUMBER),
    Field("total_vcpus_usage", "vcpu_hours", schema=_NUMBER),
    Field("total_local_gb_usage", "local_gb_hours", schema=_NUMBER),
)
_WHOLE: tuple[Field[ProjectUsage, None], ...] = (
    *_SUMS,
    Field(
        "server_usages",
        lambda usage: _SERVERS(usage.servers, None),
        schema={"type": "array", "items": _SERVER_SCHEMA},
    ),
)
_BRIEF, _DETAILED = views(_SUMS), views(_WHOLE)

# --------------------------------------------------------------------------------------- routes

_RULES = "os_compute_api:os-simple-tenant-usage"
_PERIOD = (Param("start", QUERY_TEXT), Param("end", QUERY_TEXT))
_PAGES = tuple(Param(each.name, each.schema, since=_PAGED_SINCE) for each in PARAMS)
_CLOSED_SINCE = Version(2, 75)
_NOTE = (
    "Hours count from a server's first start to its end. A page is of servers: a project whose "
    "servers are on two pages has a record on both."
)

ROUTES = (
    Route(
        "GET",
        "/os-simple-tenant-usage",
        index,
        f"{_RULES}:list",
        query=Query((*_PERIOD, Param("detailed", QUERY_TEXT), *_PAGES), _CLOSED_SINCE),
        answer=Answer(
            "tenant_usages",
            _WHOLE,
            many=True,
            beside=("tenant_usages_links",),
            always=tuple(field.name for field in _SUMS),
        ),
        note=_NOTE,
    ),
    Route(
        "GET",
        "/os-simple-tenant-usage/{id}",
        show,
        f"{_RULES}:show",
        query=Query((*_PERIOD, *_PAGES), _CLOSED_SINCE),
        answer=Answer("tenant_usage", _WHOLE, beside=("tenant_usage_links",), always=()),
        note=_NOTE,
    ),
)
