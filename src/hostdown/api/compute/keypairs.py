"""os-keypairs: list and show (contract 6.7). Nobody has a key pair yet."""

from hostdown.api.compute.call import Call
from hostdown.api.compute.fields import Param, Query
from hostdown.api.compute.microversion import Version
from hostdown.api.compute.paging import PARAMS
from hostdown.api.compute.route import Answer, Route
from hostdown.api.compute.types import QUERY_TEXT
from hostdown.domain.paging_errors import MarkerMissing
from hostdown.domain.server_errors import KeypairNotFound


def index(call: Call) -> object:
    """GET /os-keypairs."""
    call.authorize({"user_id": _user(call)})
    marker = call.last("marker")
    if marker is not None:
        raise MarkerMissing(marker=marker)
    return {"keypairs": []}


def show(call: Call) -> object:
    """GET /os-keypairs/{id}."""
    user_id = _user(call)
    call.authorize({"user_id": user_id})
    raise KeypairNotFound(name=call.names["id"], user_id=user_id)


def _user(call: Call) -> str:
    return call.last("user_id") or call.caller.user_id


_RULES = "os_compute_api:os-keypairs"
_OF_USER = Param("user_id", QUERY_TEXT, since=Version(2, 10))
_PAGES = tuple(Param(each.name, each.schema, since=Version(2, 35)) for each in PARAMS)
_CLOSED_SINCE = Version(2, 75)

ROUTES = (
    Route(
        "GET",
        "/os-keypairs",
        index,
        f"{_RULES}:index",
        query=Query((_OF_USER, *_PAGES), _CLOSED_SINCE),
        answer=Answer("keypairs", (), many=True),
    ),
    Route(
        "GET",
        "/os-keypairs/{id}",
        show,
        f"{_RULES}:show",
        query=Query((_OF_USER,), _CLOSED_SINCE),
        faults=(404,),
    ),
)
