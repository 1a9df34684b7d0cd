"""os-hypervisors: list, show, search, and what there is in total (contract 6.2)."""

from dataclasses import replace

from hostdown.api.compute import ids
from hostdown.api.compute.call import Call
from hostdown.api.compute.errors import IdNotInteger, PatternWithPaging, UuidInvalid
from hostdown.api.compute.fields import Param, Query, Record
from hostdown.api.compute.hypervisor_records import (
    BRIEF,
    BRIEF_VIEWS,
    BY_NUMBER_UNTIL,
    BY_UUID_SINCE,
    DETAIL,
    DETAIL_VIEWS,
    SERVERS,
    SERVERS_ALWAYS_SINCE,
    TOTALS,
    TOTALS_VIEWS,
    UPTIME,
    USAGE_UNTIL,
    Views,
    records_of,
    shown,
)
from hostdown.api.compute.microversion import Version
from hostdown.api.compute.paging import PARAMS, next_links, page_size
from hostdown.api.compute.route import Answer, Route
from hostdown.api.compute.types import BOOLEAN, HOST, truth
from hostdown.domain.hypervisor_errors import HypervisorNotFound
from hostdown.domain.model import ManagedNode
from hostdown.domain.paging_errors import MarkerNotFound
from hostdown.services import hypervisors

PAGES_SINCE = Version(2, 33)

# -------------------------------------------------------------------------------------- listing

_WITH_SERVERS = Param("with_servers", BOOLEAN, single=True, since=BY_UUID_SINCE)

LIST_QUERY = Query(
    (
        *(replace(each, since=PAGES_SINCE, until=BY_NUMBER_UNTIL) for each in PARAMS),
        *(replace(each, since=BY_UUID_SINCE, single=True) for each in PARAMS),
        Param("hypervisor_hostname_pattern", HOST, single=True, since=BY_UUID_SINCE),
        _WITH_SERVERS,
    ),
    closed_since=BY_UUID_SINCE,
)
SHOW_QUERY = Query((_WITH_SERVERS,), closed_since=BY_UUID_SINCE)


def index(call: Call) -> object:
    """GET /os-hypervisors."""
    return _listed(call, BRIEF_VIEWS)


def detail(call: Call) -> object:
    """GET /os-hypervisors/detail."""
    return _listed(call, DETAIL_VIEWS)


def _listed(call: Call, seen: Views) -> Record:
    call.authorize()
    parts = call.parts
    with_servers = truth(call.last("with_servers"))
    pattern = call.last("hypervisor_hostname_pattern")
    if pattern is not None:
        if "limit" in call.query or call.last("marker"):
            raise PatternWithPaging
        found = hypervisors.matching(parts.cells, parts.directory, pattern)
        return {"hypervisors": records_of(call, seen, found, with_servers)}
    in_pages = call.version >= PAGES_SINCE
    limit = page_size(call) if in_pages else None
    found = _page(call, limit)
    records = records_of(call, seen, found, with_servers)
    answer: Record = {"hypervisors": records}
    if in_pages and records and (links := next_links(call, len(records), records[-1]["id"])):
        answer["hypervisors_links"] = links
    return answer


def _page(call: Call, limit: int | None) -> list[ManagedNode]:
    """Raises MarkerNotFound, with the marker as it was sent."""
    text = call.given("marker")
    try:
        marker = None if text is None else _id(call.version, text)
        return hypervisors.list_nodes(call.parts.cells, call.parts.directory, limit, marker)
    except (IdNotInteger, UuidInvalid, MarkerNotFound):
        raise MarkerNotFound(marker=text) from None


def _id(version: Version, text: str) -> hypervisors.NodeId:
    """Raises IdNotInteger, UuidInvalid."""
    return ids.uuid(text) if version >= BY_UUID_SINCE else ids.number(text)


def search(call: Call) -> object:
    """GET /os-hypervisors/{pattern}/search, until 2.52."""
    return {"hypervisors": _found_by_pattern(call, with_servers=False)}


def servers(call: Call) -> object:
    """GET /os-hypervisors/{pattern}/servers, until 2.52."""
    return {"hypervisors": _found_by_pattern(call, with_servers=True)}


def _found_by_pattern(call: Call, with_servers: bool) -> list[Record]:
    call.authorize()
    parts = call.parts
    found = hypervisors.matching(parts.cells, parts.directory, call.names["id"])
    return records_of(call, BRIEF_VIEWS, found, with_servers)


# ------------------------------------------------------------------------------------------ one


def show(call: Call) -> object:
    """GET /os-hypervisors/{id}."""
    found = [_one(call)]
    (record,) = records_of(call, DETAIL_VIEWS, found, truth(call.last("with_servers")))
    return {"hypervisor": record}


def uptime(call: Call) -> object:
    """GET /os-hypervisors/{id}/uptime, until 2.87."""
    found = _one(call)
    now = shown(call).now
    said = hypervisors.uptime_of(found, now.life, now.moment)
    (record,) = records_of(call, BRIEF_VIEWS, [found], with_servers=False)
    return {"hypervisor": record | {"uptime": said}}


def _one(call: Call) -> ManagedNode:
    """Raises UuidInvalid, HypervisorNotFound."""
    call.authorize()
    asked = call.names["id"]
    try:
        return hypervisors.find_node(
            call.parts.cells, call.parts.directory, _id(call.version, asked)
        )
    except (IdNotInteger, HypervisorNotFound):
        raise HypervisorNotFound(hypervisor_id=asked) from None


def statistics(call: Call) -> object:
    """GET /os-hypervisors/statistics, until 2.87."""
    call.authorize()
    sums = hypervisors.totals(call.parts.cells, call.parts.directory)
    return {"hypervisor_statistics": TOTALS_VIEWS[call.version]([sums], None)[0]}


# ----------------------------------------------------------------------------------------- routes

_RULES = "os_compute_api:os-hypervisors"
_ALL = "/os-hypervisors"
_ONE = "/os-hypervisors/{id}"
_NAMES = (
    replace(ids.BY_NUMBER[0], until=BY_NUMBER_UNTIL),
    replace(ids.BY_UUID[0], since=BY_UUID_SINCE),
)
_BRIEF_ALWAYS = tuple({field.name for field in BRIEF})
_DETAIL_ALWAYS = tuple({field.name for field in DETAIL})
_SERVERS_NOTE = (
    "`servers` is there if `with_servers` is true; before "
    f"{SERVERS_ALWAYS_SINCE} only where there are any."
)
_SEARCH_NOTE = "What stands for `{id}` is a part of `hypervisor_hostname`."
_PATTERN_NOTE = (
    "The pattern is a part of `hypervisor_hostname`, character for character; none that matches is "
    "404, paging by it 400."
)

ROUTES = (
    Route(
        "GET",
        _ALL,
        index,
        f"{_RULES}:list",
        query=LIST_QUERY,
        answer=Answer(
            "hypervisors",
            (*BRIEF, *SERVERS),
            many=True,
            beside=("hypervisors_links",),
            always=_BRIEF_ALWAYS,
        ),
        faults=(404,),
        note=f"{_PATTERN_NOTE} {_SERVERS_NOTE}",
    ),
    Route(
        "GET",
        f"{_ALL}/detail",
        detail,
        f"{_RULES}:list-detail",
        query=LIST_QUERY,
        answer=Answer(
            "hypervisors",
            (*DETAIL, *SERVERS),
            many=True,
            beside=("hypervisors_links",),
            always=_DETAIL_ALWAYS,
        ),
        faults=(404,),
        note=f"{_PATTERN_NOTE} {_SERVERS_NOTE}",
    ),
    Route(
        "GET",
        f"{_ALL}/statistics",
        statistics,
        f"{_RULES}:statistics",
        until=USAGE_UNTIL,
        answer=Answer("hypervisor_statistics", TOTALS),
        note="Hypervisors whose service is disabled do not count.",
    ),
    Route(
        "GET",
        _ONE,
        show,
        f"{_RULES}:show",
        query=SHOW_QUERY,
        answer=Answer("hypervisor", (*DETAIL, *SERVERS), always=_DETAIL_ALWAYS),
        names=_NAMES,
        faults=(404,),
        note=_SERVERS_NOTE,
    ),
    Route(
        "GET",
        f"{_ONE}/uptime",
        uptime,
        f"{_RULES}:uptime",
        until=USAGE_UNTIL,
        answer=Answer("hypervisor", (*BRIEF, *UPTIME)),
        names=_NAMES,
        faults=(404, 501),
        note="501 if the hypervisor does not say when the host was started.",
    ),
    Route(
        "GET",
        f"{_ONE}/search",
        search,
        f"{_RULES}:search",
        until=BY_NUMBER_UNTIL,
        answer=Answer("hypervisors", BRIEF, many=True),
        faults=(404,),
        note=_SEARCH_NOTE,
    ),
    Route(
        "GET",
        f"{_ONE}/servers",
        servers,
        f"{_RULES}:servers",
        until=BY_NUMBER_UNTIL,
        answer=Answer("hypervisors", (*BRIEF, *SERVERS), many=True, always=_BRIEF_ALWAYS),
        faults=(404,),
        note=_SEARCH_NOTE,
    ),
)
