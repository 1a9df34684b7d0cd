"""os-aggregates: aggregates of hosts, their metadata and the zones they make (contract 6.3)."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from hostdown.api.compute import ids, types
from hostdown.api.compute.call import Call
from hostdown.api.compute.errors import ImagesRepeated
from hostdown.api.compute.fields import Field, Param, Query, views
from hostdown.api.compute.microversion import Version
from hostdown.api.compute.route import Answer, Handler, Route
from hostdown.api.compute.types import (
    HOST,
    METADATA_OR_NULL,
    NAME,
    UUID,
    ZONE_NAME,
    closed,
    shown,
)
from hostdown.domain.aggregate_errors import (
    AggregateNotFound,
    HostNotInAggregate,
)
from hostdown.domain.model import ZONE_KEY, Aggregate, Caller
from hostdown.services import aggregates
from hostdown.services.aggregates import Wanted
from hostdown.services.directory_ports import Directory
from hostdown.services.hosting import Hosting

# ------------------------------------------------------------------------------- what goes out

FIELDS: tuple[Field[Aggregate, None], ...] = (
    Field("id", "id", schema=types.INTEGER),
    Field("uuid", "uuid", since=Version(2, 41), schema=types.UUID),
    Field("name", "name", schema=types.STRING),
    Field("hosts", "hosts", schema={"type": "array", "items": types.STRING}),
    Field("metadata", "metadata", schema=types.TEXTS),
    Field("created_at", lambda each: shown(each.created_at), schema=types.TIME_OR_NULL),
    Field("updated_at", lambda each: shown(each.updated_at), schema=types.TIME_OR_NULL),
    Field("deleted_at", lambda _: None, schema=types.TIME_OR_NULL),
    Field("deleted", lambda _: False, schema=types.FLAG),
    Field(ZONE_KEY, "zone", schema=types.STRING_OR_NULL),
)
VIEWS = views(FIELDS)

# What a creation answers with was settled before aggregates showed what they hold.
CREATED_FIELDS = tuple(field for field in FIELDS if field.name not in ("hosts", "metadata"))
CREATED_VIEWS = views(CREATED_FIELDS)


def _answer(call: Call, aggregate: Aggregate) -> object:
    return {"aggregate": VIEWS[call.version]([aggregate], None)[0]}


@contextmanager
def _named_as_asked(call: Call) -> Iterator[int]:
    """The aggregate's number; refusals name it as the path does."""
    try:
        yield ids.number(call.names["id"])
    except _ABOUT_ONE as error:
        raise type(error)(**{**error.facts, "aggregate_id": call.names["id"]}) from error


_ABOUT_ONE = (AggregateNotFound, HostNotInAggregate)

# --------------------------------------------------------------------------------------- handlers


def index(call: Call) -> object:
    """GET /os-aggregates."""
    call.authorize()
    found = aggregates.list_aggregates(call.parts.directory)
    return {"aggregates": VIEWS[call.version](found, None)}


def create(call: Call) -> object:
    """POST /os-aggregates."""
    call.authorize()
    asked = call.body["aggregate"]
    made = aggregates.create(
        call.parts.directory,
        call.caller,
        asked["name"],
        asked.get(ZONE_KEY),
        call.parts.clock.now(),
    )
    return {"aggregate": CREATED_VIEWS[call.version]([made], None)[0]}


def show(call: Call) -> object:
    """GET /os-aggregates/{number}."""
    call.authorize()
    with _named_as_asked(call) as number:
        return _answer(call, aggregates.show(call.parts.directory, number))


def update(call: Call) -> object:
    """PUT /os-aggregates/{number}."""
    asked = dict(call.body["aggregate"])
    name = asked.pop("name", None)
    return _update(call, Wanted(name, asked))


def set_metadata(call: Call) -> object:
    """set_metadata: null takes a key away, other keys stay."""
    wanted = Wanted(None, call.body["metadata"], "update metadata of aggregate")
    return _update(call, wanted)


def _update(call: Call, wanted: Wanted) -> object:
    call.authorize()
    parts = call.parts
    with _named_as_asked(call) as number:
        now = parts.clock.now()
        after = aggregates.update(parts.directory, call.caller, number, wanted, now, _hosting(call))
    return _answer(call, after)


def delete(call: Call) -> None:
    """DELETE /os-aggregates/{number}."""
    call.authorize()
    with _named_as_asked(call) as number:
        aggregates.delete(call.parts.directory, call.caller, number, call.parts.clock.now())


def add_host(call: Call) -> object:
    """add_host."""
    return _move(call, aggregates.add_host)


def remove_host(call: Call) -> object:
    """remove_host."""
    return _move(call, aggregates.remove_host)


Move = Callable[[Directory, Caller, int, str, datetime, Hosting], Aggregate]


def _hosting(call: Call) -> Hosting:
    """The servers of hosts, which keep these in their zones."""
    return Hosting(call.parts.cells, call.parts.zones.policy.default)


def _move(call: Call, move: Move) -> object:
    call.authorize()
    parts, host = call.parts, call.body["host"]
    with _named_as_asked(call) as number:
        now = parts.clock.now()
        after = move(parts.directory, call.caller, number, host, now, _hosting(call))
        return _answer(call, after)


def cache_images(call: Call) -> None:
    """POST /os-aggregates/{number}/images, 2.81.

    Nothing is cached anywhere: a host reads an image when it needs it. So the request is checked
    and has no further effect.
    """
    call.authorize()
    with _named_as_asked(call) as number:
        images = [ids.uuid(each["id"]) for each in call.body["cache"]]
        if len(images) != len(set(images)):
            raise ImagesRepeated
        aggregates.show(call.parts.directory, number)


# ----------------------------------------------------------------------------------------- bodies

_ZONE_OR_NULL = {"oneOf": [ZONE_NAME, {"type": "null"}]}
_PROPERTIES = {"name": NAME, ZONE_KEY: _ZONE_OR_NULL}
_EITHER = [{"required": ["name"]}, {"required": [ZONE_KEY]}]

CREATE_BODY = (Param("aggregate", closed(_PROPERTIES, ["name"]), required=True),)
UPDATE_BODY = (Param("aggregate", closed(_PROPERTIES, anyOf=_EITHER), required=True),)
HOST_BODY = (Param("host", HOST, required=True),)
METADATA_BODY = (Param("metadata", METADATA_OR_NULL, required=True),)
IMAGES_BODY = (
    Param(
        "cache",
        {"type": "array", "minItems": 1, "items": closed({"id": UUID}, ["id"])},
        required=True,
    ),
)

# ----------------------------------------------------------------------------------------- routes

_RULES = "os_compute_api:os-aggregates"
_ALL = "/os-aggregates"
_ONE = "/os-aggregates/{id}"
_QUERY = Query((), closed_since=Version(2, 102))
_ANSWER = Answer("aggregate", FIELDS)
_LIST = Answer("aggregates", FIELDS, many=True)


def _action(name: str, handler: Handler, body: Sequence[Param], *faults: int) -> Route:
    return Route(
        "POST",
        f"{_ONE}/action",
        handler,
        f"{_RULES}:{name}",
        action=name,
        body=body,
        answer=_ANSWER,
        names=ids.BY_NUMBER,
        faults=faults,
    )


ROUTES = (
    Route("GET", _ALL, index, f"{_RULES}:index", query=_QUERY, answer=_LIST),
    Route(
        "POST",
        _ALL,
        create,
        f"{_RULES}:create",
        body=CREATE_BODY,
        answer=Answer("aggregate", CREATED_FIELDS),
        faults=(409,),
    ),
    Route(
        "GET",
        _ONE,
        show,
        f"{_RULES}:show",
        query=_QUERY,
        answer=_ANSWER,
        names=ids.BY_NUMBER,
        faults=(404,),
    ),
    Route(
        "PUT",
        _ONE,
        update,
        f"{_RULES}:update",
        body=UPDATE_BODY,
        answer=_ANSWER,
        names=ids.BY_NUMBER,
        faults=(404, 409),
        note="The zone of an aggregate can be changed, not taken away.",
    ),
    Route("DELETE", _ONE, delete, f"{_RULES}:delete", names=ids.BY_NUMBER, faults=(404,)),
    _action("add_host", add_host, HOST_BODY, 404, 409),
    _action("remove_host", remove_host, HOST_BODY, 404),
    _action("set_metadata", set_metadata, METADATA_BODY, 404),
    Route(
        "POST",
        f"{_ONE}/images",
        cache_images,
        "compute:aggregates:images",
        since=Version(2, 81),
        success=202,
        body=IMAGES_BODY,
        names=ids.BY_NUMBER,
        faults=(404,),
        note="Hosts read an image when they need it: the request is checked and has no effect.",
    ),
)
