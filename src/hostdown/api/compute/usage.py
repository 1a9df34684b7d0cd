"""os-simple-tenant-usage: how long servers of which size ran. None has, so all usage is empty."""

from datetime import datetime

from hostdown.api.compute.call import Call
from hostdown.api.compute.fields import Param, Query
from hostdown.api.compute.list_errors import PeriodReversed, TimeMalformed
from hostdown.api.compute.microversion import Version
from hostdown.api.compute.paging import PARAMS
from hostdown.api.compute.route import Answer, Route
from hostdown.api.compute.types import QUERY_TEXT
from hostdown.domain.paging_errors import MarkerNotFound

_FORMS = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%d %H:%M:%S.%f")
_PAGED_SINCE = Version(2, 40)


def index(call: Call) -> object:
    """GET /os-simple-tenant-usage: of every project that had any."""
    call.authorize()
    _check(call)
    return {"tenant_usages": []}


def show(call: Call) -> object:
    """GET /os-simple-tenant-usage/{id}: an object without keys for a project that had none."""
    call.authorize({"project_id": call.names["id"]})
    _check(call)
    return {"tenant_usage": {}}


def _check(call: Call) -> None:
    """Raises TimeMalformed, PeriodReversed, MarkerNotFound; a time that is not given is now."""
    start, end = _moment(call, "start"), _moment(call, "end")
    now = call.parts.clock.now()
    if (start or end) and (start or now) >= (end or now):
        raise PeriodReversed
    marker = call.last("marker")
    if marker is not None:
        raise MarkerNotFound(marker=marker)


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
        answer=Answer("tenant_usages", (), many=True),
    ),
    Route(
        "GET",
        "/os-simple-tenant-usage/{id}",
        show,
        f"{_RULES}:show",
        query=Query((*_PERIOD, *_PAGES), _CLOSED_SINCE),
        answer=Answer("tenant_usage", ()),
    ),
)
