"""POST /os-services/{id}/evacuate: all servers of a dead host in one call, which Nova has not."""

from hostdown.api.compute import ids, types
from hostdown.api.compute.call import Call
from hostdown.api.compute.fields import Field, Param, views
from hostdown.api.compute.microversion import Version
from hostdown.api.compute.route import Answer, Route
from hostdown.api.compute.types import BOOLEAN, HOST, truth
from hostdown.domain.errors import ServiceNotFound
from hostdown.domain.liveness import window
from hostdown.services import compute_services, host_evacuation
from hostdown.services.evacuations import Asker
from hostdown.services.host_evacuation import Result

SINCE = Version(2, 53)
"""Since then services are named by their uuids."""

BODY = (Param("host", HOST), Param("dry_run", BOOLEAN))

FIELDS: tuple[Field[Result, None], ...] = (
    Field("server", lambda it: it.instance.uuid, schema=types.UUID),
    Field("name", lambda it: it.instance.name, schema=types.STRING),
    Field("project_id", lambda it: it.instance.project_id, schema=types.STRING),
    Field("priority", "priority", schema=types.INTEGER),
    Field(
        "migration",
        lambda it: None if it.migration is None else it.migration.uuid,
        schema={"type": ["string", "null"], "format": "uuid"},
    ),
    Field("destination", "destination", schema=types.STRING_OR_NULL),
    Field("warning", "warning", schema=types.STRING_OR_NULL),
    Field("error", "error", schema=types.STRING_OR_NULL),
)
VIEWS = views(FIELDS)


def evacuate(call: Call) -> object:
    """Accept every server that can be moved; with `dry_run`, only say where each would go."""
    call.authorize()
    service_id = ids.uuid(call.names["id"])
    parts, now = call.parts, call.parts.clock.now()
    try:
        cell, service = compute_services.find_service(parts.cells, service_id)
    except ServiceNotFound as error:
        raise ServiceNotFound(service_id=call.names["id"]) from error
    asker = Asker(call.caller, window(now, parts.liveness), now)
    to = call.body.get("host")
    if truth(call.body.get("dry_run", False)):
        results = host_evacuation.plan(cell, parts.surveyor, service.host, to, asker, parts.moves)
    else:
        results = host_evacuation.evacuate_host(cell, parts.directory, service.host, to, asker)
        parts.look_now()
    return {"servers": VIEWS[call.version](results, None)}


ROUTES = (
    Route(
        "POST",
        "/os-services/{id}/evacuate",
        evacuate,
        "os_compute_api:os-evacuate",
        since=SINCE,
        success=202,
        body=BODY,
        answer=Answer("servers", FIELDS, many=True),
        names=ids.BY_UUID,
        faults=(404,),
        note="An extension of hostdown. Each server of the host, the most urgent first (metadata "
        "`HA_Priority`), with its migration or the reason why it has none. `dry_run` changes "
        "nothing and names destinations instead; then `warning` says what would be waited for, "
        "what would be lost, and what nothing but the caller's word that the host is dead would "
        "protect. In any case it says if `HA_Priority` is no integer, and so counts as 0.",
    ),
)
