"""os-server-groups: list and show (contract 6.5). There is no group yet."""

from hostdown.api.compute.call import Call
from hostdown.api.compute.fields import Param, Query
from hostdown.api.compute.microversion import Version
from hostdown.api.compute.route import Answer, Route
from hostdown.api.compute.types import LIMIT, QUERY_TEXT
from hostdown.domain.server_errors import ServerGroupNotFound


def index(call: Call) -> object:
    """GET /os-server-groups: whoever may not see all projects' groups gets their own."""
    call.authorize()
    return {"server_groups": []}


def show(call: Call) -> object:
    """GET /os-server-groups/{id}: a group is looked up before the caller's right to see it."""
    raise ServerGroupNotFound(group_id=call.names["id"])


_PARAMS = (Param("all_projects", QUERY_TEXT), Param("limit", LIMIT), Param("offset", LIMIT))

ROUTES = (
    Route(
        "GET",
        "/os-server-groups",
        index,
        "os_compute_api:os-server-groups:index",
        query=Query(_PARAMS, closed_since=Version(2, 75)),
        answer=Answer("server_groups", (), many=True),
    ),
    Route(
        "GET",
        "/os-server-groups/{id}",
        show,
        rule=None,
        query=Query((), closed_since=Version(2, 102)),
        faults=(404,),
    ),
)
