"""os-instance-actions: what was asked of a server, and what came of it (contract 4.6)."""

from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from hostdown.api.compute import ids, server_lookup, types
from hostdown.api.compute.call import Call
from hostdown.api.compute.fields import Field, Param, Query, Record, views
from hostdown.api.compute.list_errors import ChangesReversed
from hostdown.api.compute.microversion import Version
from hostdown.api.compute.paging import PARAMS, next_links, page_size
from hostdown.api.compute.route import Answer, Route
from hostdown.api.compute.server_values import host_id
from hostdown.api.compute.types import QUERY_TIME, closed, moment, shown
from hostdown.api.rights import IS_ADMIN
from hostdown.domain.paging_errors import MarkerMissing
from hostdown.domain.server_errors import ActionNotFound
from hostdown.services.instance_ports import Action, Event
from hostdown.services.server_lookup import Found

_RULES = "os_compute_api:os-instance-actions"
_EVENTS_RULE = f"{_RULES}:events"
_DETAILS_RULE = f"{_RULES}:events:details"

DELETED_SINCE = Version(2, 21)
"""From here on the actions of deleted servers are told too."""
EVENTS_FOR_ALL_SINCE = Version(2, 51)
PAGES_SINCE = Version(2, 58)
HOSTS_SINCE = Version(2, 62)
BEFORE_SINCE = Version(2, 66)
DETAILS_SINCE = Version(2, 84)

# --------------------------------------------------------------------------------------- fields


def _start(of: Action | Event) -> object:
    return shown(of.start_time)


def _finish(of: Event) -> object:
    return shown(of.finish_time)


def _updated(of: Action) -> object:
    return shown(of.updated_at)


def _no_traceback(_: Event) -> None:
    """A host tells what failed in words, which are the event's details."""


_TIME: types.Schema = {**types.TIME_OR_NULL, "type": "string"}

ACTION: tuple[Field[Action, None], ...] = (
    Field("action", "action", schema=types.STRING),
    Field("instance_uuid", "instance", schema=types.UUID),
    Field("request_id", "request_id", schema=types.STRING),
    Field("user_id", "user_id", schema=types.STRING),
    Field("project_id", "project_id", schema=types.STRING_OR_NULL),
    Field("start_time", _start, schema=_TIME),
    Field("message", "message", schema=types.STRING_OR_NULL),
    Field("updated_at", _updated, since=PAGES_SINCE, schema=_TIME),
)


class Shown(NamedTuple):
    """What an event needs to know beside itself: whose action it is a step of."""

    project_id: str


def _host_id(of: Event, project_id: str) -> str:
    return host_id(project_id, of.host)


EVENT: tuple[Field[Event, Shown], ...] = (
    Field("event", "event", schema=types.STRING),
    Field("start_time", _start, schema=_TIME),
    Field("finish_time", _finish, schema=types.TIME_OR_NULL),
    Field("result", "result", schema=types.STRING_OR_NULL),
    Field("traceback", _no_traceback, schema={"type": "null"}),
    Field("host", "host", since=HOSTS_SINCE, schema=types.STRING_OR_NULL),
    Field("hostId", _host_id, given="project_id", since=HOSTS_SINCE, schema=types.STRING),
    Field("details", "details", since=DETAILS_SINCE, schema=types.STRING_OR_NULL),
)
_FOR_RULE = ("traceback", "host")
"""Keys for whoever may see all of an event."""

_EVENT_SCHEMA = closed(
    {field.name: field.schema or {} for field in EVENT},
    ["event", "start_time", "finish_time", "result"],
)
_EVENTS: tuple[Field[Action, None], ...] = (
    Field("events", lambda _: [], schema={"type": "array", "items": _EVENT_SCHEMA}),
)
"""For documents: the list itself is made by `_events`."""

_ACTION_VIEWS = views(ACTION)
_EVENT_VIEWS = views(EVENT)

# ------------------------------------------------------------------------------------- handlers


def _found(call: Call) -> Found:
    found = server_lookup.found(call, deleted=call.version >= DELETED_SINCE)
    call.authorize(server_lookup.target_of(found.instance))
    return found


def index(call: Call) -> object:
    """GET …/os-instance-actions, newest first."""
    found = _found(call)
    uuid = found.instance.uuid
    since, before = _moment(call, "changes-since"), _moment(call, "changes-before")
    if since is not None and before is not None and since > before:
        raise ChangesReversed
    in_pages = call.version >= PAGES_SINCE
    limit, marker = page_size(call) if in_pages else None, call.last("marker")
    actions = found.cell.read(
        lambda rows: rows.actions.of_instance(uuid, since, before, marker, limit)
    )
    if actions is None:
        raise MarkerMissing(marker=marker)
    records = _ACTION_VIEWS[call.version](actions, None)
    answer: Record = {"instanceActions": records}
    if in_pages and records:
        links = next_links(call, len(records), records[-1]["request_id"])
        if links:
            answer["links"] = links
    return answer


def _moment(call: Call, name: str) -> datetime | None:
    text = call.given(name)
    return None if text is None else moment(text)


def show(call: Call) -> object:
    """GET …/os-instance-actions/{request id}."""
    found = _found(call)
    uuid, request_id = found.instance.uuid, call.names["request_id"]
    seen = found.cell.read(lambda rows: rows.actions.get(uuid, request_id))
    if seen is None:
        raise ActionNotFound(request_id=request_id)
    action, events = seen
    (record,) = _ACTION_VIEWS[call.version]([action], None)
    target = server_lookup.target_of(found.instance)
    everything = call.may(_EVENTS_RULE, target)
    if everything or call.version >= EVENTS_FOR_ALL_SINCE:
        whose = Shown(action.project_id or found.instance.project_id)
        told = _EVENT_VIEWS[call.version](events, whose)
        record["events"] = told
        hidden = () if everything else _FOR_RULE
        if call.version >= DETAILS_SINCE and not call.may(_DETAILS_RULE, target):
            hidden = (*hidden, "details")
        for each in told:
            for name in hidden:
                each.pop(name, None)
    return {"instanceAction": record}


# --------------------------------------------------------------------------------------- routes

_ALL = "/servers/{id}/os-instance-actions"
LIST_QUERY = Query(
    (
        *(replace(each, since=PAGES_SINCE, single=True) for each in PARAMS),
        Param("changes-since", QUERY_TIME, single=True, since=PAGES_SINCE),
        Param("changes-before", QUERY_TIME, single=True, since=BEFORE_SINCE),
    ),
    closed_since=PAGES_SINCE,
)

ROUTES = (
    Route(
        "GET",
        _ALL,
        index,
        f"{_RULES}:list",
        query=LIST_QUERY,
        answer=Answer("instanceActions", ACTION, many=True, beside=("links",)),
        names=ids.BY_UUID,
        more_rules=(IS_ADMIN,),
        faults=(404,),
    ),
    Route(
        "GET",
        f"{_ALL}/{{request_id}}",
        show,
        f"{_RULES}:show",
        query=Query((), closed_since=Version(2, 102)),
        answer=Answer(
            "instanceAction", (*ACTION, *_EVENTS), always=tuple(field.name for field in ACTION)
        ),
        names=ids.BY_UUID,
        more_rules=(IS_ADMIN, _EVENTS_RULE, _DETAILS_RULE),
        faults=(404,),
        note=f"`events` are for whoever `{_EVENTS_RULE}` allows; from {EVENTS_FOR_ALL_SINCE} on "
        "everybody sees them, without `traceback` and `host`.",
    ),
)
