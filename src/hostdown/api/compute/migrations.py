"""os-migrations: the list (contract 4.8). Nothing has been moved yet."""

from hostdown.api.compute.call import Call
from hostdown.api.compute.fields import Param, Query
from hostdown.api.compute.list_errors import ChangesReversed
from hostdown.api.compute.microversion import Version
from hostdown.api.compute.route import Answer, Route
from hostdown.api.compute.types import LIMIT, QUERY_TEXT, QUERY_TIME, TEXT, UUID, Schema, moment
from hostdown.domain.paging_errors import MarkerMissing


def index(call: Call) -> object:
    """GET /os-migrations. Whoever does not ask for their own project's asks for everybody's."""
    call.authorize()
    if call.given("project_id") != call.caller.project_id:
        call.require(f"{_RULE}:all_projects")
    since, before = call.given("changes-since"), call.given("changes-before")
    if since is not None and before is not None and moment(since) > moment(before):
        raise ChangesReversed
    marker = call.given("marker")
    if marker is not None:
        raise MarkerMissing(marker=marker)
    return {"migrations": []}


_RULE = "os_compute_api:os-migrations:index"
_STRICT_SINCE = Version(2, 59)


def _loose(name: str) -> Param:
    return Param(name, QUERY_TEXT, until=Version(2, 58))


def _strict(name: str, schema: Schema = QUERY_TEXT, since: Version = _STRICT_SINCE) -> Param:
    return Param(name, schema, single=True, since=since)


_TEXTS = ("hidden", "host", "source_compute", "status", "migration_type")

LIST_QUERY = Query(
    (
        *map(_loose, (*_TEXTS, "instance_uuid")),
        *map(_strict, _TEXTS),
        _strict("instance_uuid", UUID),
        _strict("limit", LIMIT),
        _strict("marker", UUID),
        _strict("changes-since", QUERY_TIME),
        _strict("changes-before", QUERY_TIME, since=Version(2, 66)),
        _strict("user_id", TEXT, since=Version(2, 80)),
        _strict("project_id", TEXT, since=Version(2, 80)),
    ),
    closed_since=_STRICT_SINCE,
)

ROUTES = (
    Route(
        "GET",
        "/os-migrations",
        index,
        _RULE,
        query=LIST_QUERY,
        more_rules=(f"{_RULE}:all_projects",),
        answer=Answer("migrations", (), many=True),
    ),
)
