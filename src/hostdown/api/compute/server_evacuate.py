"""POST /servers/{id}/action evacuate: move a server from a host that is dead (contract 4.2)."""

from hostdown.api.compute.call import Call
from hostdown.api.compute.fields import Param
from hostdown.api.compute.microversion import MAXIMUM, MINIMUM, Version
from hostdown.api.compute.passwords import generated_password
from hostdown.api.compute.route import Route
from hostdown.api.compute.server_create_body import PASSWORD
from hostdown.api.compute.server_lookup import found, target_of
from hostdown.api.compute.types import BOOLEAN, HOST, truth
from hostdown.api.rights import IS_ADMIN
from hostdown.domain.evacuation_errors import ForcedNowhere, PasswordOnExistingDisk
from hostdown.domain.liveness import window
from hostdown.services import evacuations
from hostdown.services.evacuations import Asked, Asker

_SHARED_UNTIL = Version(2, 13)
_FORCE_SINCE, _FORCE_UNTIL = Version(2, 29), Version(2, 67)
_STOPS_SINCE = Version(2, 95)

BODY = (
    Param("host", HOST),
    Param("onSharedStorage", BOOLEAN, until=_SHARED_UNTIL, required=True),
    Param("adminPass", PASSWORD),
    Param("force", BOOLEAN, since=_FORCE_SINCE, until=_FORCE_UNTIL),
)


def evacuate(call: Call) -> object:
    """evacuate: accepted here; how it goes on is told by the server's migrations and actions."""
    cell, instance, _ = found(call)
    call.authorize(target_of(instance))
    host, password = call.body.get("host"), call.body.get("adminPass")
    forced = truth(call.body.get("force", False))
    shared = truth(call.body.get("onSharedStorage", False))
    if forced and host is None:
        raise ForcedNowhere
    if shared and password is not None:
        raise PasswordOnExistingDisk
    bypasses = host is not None and (forced or call.version < _FORCE_SINCE)
    asked = Asked(host, bypasses, stopped=call.version >= _STOPS_SINCE)
    parts, now = call.parts, call.parts.clock.now()
    asker = Asker(call.caller, window(now, parts.liveness), now)
    evacuations.evacuate(cell, parts.directory, instance.uuid, asked, asker)
    parts.look_now()
    if call.version > _SHARED_UNTIL:
        return None
    return {"adminPass": password if shared or password else generated_password()}


def _route(since: Version, until: Version, answers: bool) -> Route:
    return Route(
        "POST",
        "/servers/{id}/action",
        evacuate,
        "os_compute_api:os-evacuate",
        since=since,
        until=until,
        action="evacuate",
        body=BODY,
        whole_answer=_PASSWORD_ANSWER if answers else None,
        faults=(404, 409),
        more_rules=(IS_ADMIN,),
        note="From 2.95 on the server is not started on its new host.",
    )


_PASSWORD_ANSWER = {
    "type": "object",
    "properties": {"adminPass": {"type": ["string", "null"]}},
    "required": ["adminPass"],
}

ROUTES = (
    _route(MINIMUM, _SHARED_UNTIL, answers=True),
    _route(Version(2, 14), MAXIMUM, answers=False),
)
