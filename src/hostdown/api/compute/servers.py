"""servers: lists with their filters, and one (contract §3)."""

from collections.abc import Callable

from hostdown.api.compute import ids, server_lookup, server_unknown
from hostdown.api.compute.call import Call
from hostdown.api.compute.fields import Query, Record
from hostdown.api.compute.microversion import Version
from hostdown.api.compute.paging import next_links, page_size
from hostdown.api.compute.route import Answer, Route
from hostdown.api.compute.server_filters import ALL_FILTERS_RULE, LIST_QUERY, checked
from hostdown.api.compute.server_matching import Matching, matching
from hostdown.api.compute.server_records import (
    BRIEF_TABLE,
    LIST_TABLE,
    SEEN_RULES,
    SHOW_TABLE,
    Host,
    brief,
    full,
    sight_of,
)
from hostdown.api.compute.server_sorting import order_of
from hostdown.api.rights import IS_ADMIN
from hostdown.domain.errors import CellUnavailable
from hostdown.services import server_list
from hostdown.services.instance_mapping_ports import InstanceMapping
from hostdown.services.server_list import Listing, Wanted

_RULES = "os_compute_api:servers"

# --------------------------------------------------------------------------------------- lists

Unknown = Callable[[Call, InstanceMapping], Record]


def index(call: Call) -> object:
    """GET /servers."""
    call.authorize()
    page, wanted = _page(call, f"{_RULES}:index:get_all_tenants", services=False)
    records = brief(call, page.instances)
    return _answer(call, records, _unknown(call, page, wanted, server_unknown.listed))


def detail(call: Call) -> object:
    """GET /servers/detail: what the caller may see is decided once, by its own project."""
    call.authorize()
    sight = sight_of(call)
    services = sight.host is not Host.NOTHING
    page, wanted = _page(call, f"{_RULES}:detail:get_all_tenants", services=services)
    records = full(call, sight, page.instances, page.services, listed=True)
    return _answer(call, records, _unknown(call, page, wanted, server_unknown.detail))


_NOTHING = Listing([], {}, frozenset())


def _page(call: Call, all_tenants_rule: str, services: bool) -> tuple[Listing, Matching | None]:
    """The servers of one page. Raises what is wrong with the query."""
    filters, all_tenants = checked(call, all_tenants_rule)
    order = order_of(call)
    asked = matching(call, filters, all_tenants)
    marker = call.last("marker")
    after = None
    if marker is not None:
        seen_in = None if call.by_admin else call.caller.project_id
        after = server_lookup.marked(call.parts, marker, seen_in)
    if asked is None:
        return _NOTHING, None
    wanted = Wanted(asked.query, order, page_size(call), asked.keep, after)
    return server_list.list_servers(call.parts.cells, wanted, services), asked


def _unknown(call: Call, page: Listing, wanted: Matching | None, record: Unknown) -> list[Record]:
    """Servers of silent cells: only where nothing of them is asked that their cell would know."""
    if not page.silent or wanted is None:
        return []
    plain = call.sent.keys() <= {"all_tenants"}
    if call.version >= server_unknown.SINCE and plain:
        known = server_list.unknown(call.parts.directory, page.silent, wanted.project_id)
        return [record(call, each) for each in known]
    if not call.parts.settings.skip_down_cells:
        raise CellUnavailable(cell=min(page.silent))
    return []


def _answer(call: Call, records: list[Record], unknown: list[Record]) -> Record:
    answer: Record = {"servers": records + unknown}
    if records and (links := next_links(call, len(records), records[-1]["id"])):
        answer["servers_links"] = links
    return answer


# ------------------------------------------------------------------------------------------ one


def show(call: Call) -> object:
    """GET /servers/{id}: a server is looked up before the caller's right to see it."""
    try:
        found = server_lookup.found(call, service=True)
    except CellUnavailable:
        if call.version < server_unknown.SINCE:
            raise
        return _show_unknown(call)
    target = server_lookup.target_of(found.instance)
    call.authorize(target)
    services = {} if found.service is None else {found.service.host: found.service}
    (record,) = full(call, sight_of(call, target), [found.instance], services)
    return {"server": record}


def _show_unknown(call: Call) -> Record:
    mapping = server_lookup.unknown(call)
    target = {"project_id": mapping.project_id}
    call.authorize(target)
    return {"server": server_unknown.show(call, mapping, sight_of(call, target).specs)}


# --------------------------------------------------------------------------------------- routes

_FILTERED_BY = (IS_ADMIN, ALL_FILTERS_RULE)
_UNKNOWN_NOTE = (
    f"From {server_unknown.SINCE} on, a server of a cell that does not answer is of `status` "
    "`UNKNOWN`, and has few keys."
)
_HOST_STATUS_NOTE = (
    f"`host_status` is there for whoever may see it: by `{_RULES}:show:host_status`, or only "
    f"`UNKNOWN` by `{_RULES}:show:host_status:unknown-only`."
)

ROUTES = (
    Route(
        "GET",
        "/servers",
        index,
        f"{_RULES}:index",
        query=LIST_QUERY,
        more_rules=(*_FILTERED_BY, f"{_RULES}:index:get_all_tenants"),
        answer=Answer(
            "servers",
            (*BRIEF_TABLE, *server_unknown.STATUS),
            many=True,
            beside=("servers_links",),
            always=server_unknown.LISTED_ALWAYS,
        ),
        note=_UNKNOWN_NOTE,
    ),
    Route(
        "GET",
        "/servers/detail",
        detail,
        f"{_RULES}:detail",
        query=LIST_QUERY,
        more_rules=(*_FILTERED_BY, f"{_RULES}:detail:get_all_tenants", *SEEN_RULES),
        answer=Answer(
            "servers",
            LIST_TABLE,
            many=True,
            beside=("servers_links",),
            always=server_unknown.DETAIL_ALWAYS,
        ),
        note=f"{_HOST_STATUS_NOTE} {_UNKNOWN_NOTE}",
    ),
    Route(
        "GET",
        "/servers/{id}",
        show,
        f"{_RULES}:show",
        query=Query((), closed_since=Version(2, 102)),
        more_rules=(IS_ADMIN, *SEEN_RULES),
        answer=Answer("server", SHOW_TABLE, always=server_unknown.DETAIL_ALWAYS),
        names=ids.BY_UUID,
        faults=(404,),
        note=f"{_HOST_STATUS_NOTE} {_UNKNOWN_NOTE}",
    ),
)
