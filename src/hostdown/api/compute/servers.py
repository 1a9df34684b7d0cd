"""servers: the list with its filters, and one (contract §3).

Nothing creates servers yet, so a list whose query is in order is empty, and no id names one.
"""

from hostdown.api.compute.call import IS_ADMIN, Call
from hostdown.api.compute.fields import Query
from hostdown.api.compute.microversion import Version
from hostdown.api.compute.route import Answer, Route
from hostdown.api.compute.server_filters import ALL_FILTERS_RULE, LIST_QUERY, check
from hostdown.domain.paging_errors import MarkerNotFound
from hostdown.domain.server_errors import ServerNotFound

_RULES = "os_compute_api:servers"


def index(call: Call) -> object:
    """GET /servers."""
    return _listed(call, f"{_RULES}:index:get_all_tenants")


def detail(call: Call) -> object:
    """GET /servers/detail."""
    return _listed(call, f"{_RULES}:detail:get_all_tenants")


def _listed(call: Call, all_tenants_rule: str) -> object:
    call.authorize()
    check(call, all_tenants_rule)
    marker = call.last("marker")
    if marker is not None:
        raise MarkerNotFound(marker=marker)
    return {"servers": []}


def show(call: Call) -> object:
    """GET /servers/{id}: a server is looked up before the caller's right to see it."""
    raise ServerNotFound(server_id=call.names["id"])


_FILTERED_BY = (IS_ADMIN, ALL_FILTERS_RULE)

ROUTES = (
    Route(
        "GET",
        "/servers",
        index,
        f"{_RULES}:index",
        query=LIST_QUERY,
        more_rules=(*_FILTERED_BY, f"{_RULES}:index:get_all_tenants"),
        answer=Answer("servers", (), many=True),
    ),
    Route(
        "GET",
        "/servers/detail",
        detail,
        f"{_RULES}:detail",
        query=LIST_QUERY,
        more_rules=(*_FILTERED_BY, f"{_RULES}:detail:get_all_tenants"),
        answer=Answer("servers", (), many=True),
    ),
    Route(
        "GET",
        "/servers/{id}",
        show,
        rule=None,
        query=Query((), closed_since=Version(2, 102)),
        faults=(404,),
    ),
)
