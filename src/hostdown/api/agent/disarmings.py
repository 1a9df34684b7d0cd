"""What `hostdown recovery disarm|arm|disarmed` asks.

    GET /agent/v1/disarmings          200 {"disarmings": [Disarming, ...]}, the narrowest first
    POST /agent/v1/disarmings         201 {"disarming": Disarming};
        {"scope": "host"|"domain"|"all", "name", "reason", "seconds": for how long, or null}
    POST /agent/v1/disarmings/arm     200 {"was_disarmed"}; {"scope", "name"}

400 `malformed`, 404 `host-not-mapped` or `domain-unknown`.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from hostdown.api.agent import wire
from hostdown.api.agent.asking import Asked
from hostdown.api.agent.messages import number, text
from hostdown.api.agent.shapes import FLAG, NUMBER, TEXT, TEXT_OR_NULL
from hostdown.api.agent.wire import Answer
from hostdown.api.described import Schema, record
from hostdown.domain.disarming import LONGEST, REASON_LENGTH_MAX, Disarming, Scope, Where
from hostdown.domain.errors import MessageMalformed
from hostdown.services import disarming

SECONDS_MAX = int(LONGEST.total_seconds())
"""For how long recovery may be disarmed."""

_SCOPES = [each.value for each in Scope]
FIELDS: dict[str, Schema] = {
    "scope": {"enum": _SCOPES},
    "name": TEXT,
    "reason": TEXT,
    "until": TEXT_OR_NULL,
    "at": TEXT,
    "user": TEXT,
    "user_id": TEXT,
    "request_id": TEXT,
}
LIST = record({"disarmings": {"type": "array", "items": record(FIELDS)}})
ONE = record({"disarming": record(FIELDS)})
ARMED = record({"was_disarmed": FLAG})
_WHERE: dict[str, Schema] = {"scope": {"enum": _SCOPES}, "name": TEXT}
_SECONDS: Schema = {**NUMBER, "minimum": 1, "maximum": SECONDS_MAX}
WHERE: Schema = {"type": "object", "properties": _WHERE, "required": ["scope"]}
WANTED: Schema = {
    "type": "object",
    "properties": {**_WHERE, "reason": TEXT, "seconds": {"anyOf": [_SECONDS, {"type": "null"}]}},
    "required": ["scope", "reason"],
}


def disarmings(asked: Asked) -> Answer:
    """`GET /agent/v1/disarmings`."""
    found = disarming.list_disarmed(asked.deployment.cells, asked.now)
    return wire.told(200, {"disarmings": [shown(each) for each in found]})


def disarm(asked: Asked) -> Answer:
    """`POST /agent/v1/disarmings`."""
    body, caller = asked.fields(), asked.caller
    reason = text(body, "reason", longest=REASON_LENGTH_MAX).strip()
    if not reason:
        raise MessageMalformed(reason="its field 'reason' must say something")
    who = caller.user_name, caller.user_id, caller.request_id
    made = Disarming(_where(body), reason, _until(body, asked.now), asked.now, *who)
    deployment = asked.deployment
    zones = deployment.zones.current()
    disarming.disarm(deployment.cells, deployment.directory, zones, made, caller)
    return wire.told(201, {"disarming": shown(made)})


def arm(asked: Asked) -> Answer:
    """`POST /agent/v1/disarmings/arm`."""
    where, deployment = _where(asked.fields()), asked.deployment
    zones = deployment.zones.current()
    places = deployment.cells, deployment.directory, zones
    was = disarming.arm(*places, where, asked.caller, asked.now)
    return wire.told(200, {"was_disarmed": was})


def shown(seen: Disarming) -> dict[str, object]:
    """One, for answers."""
    facts = seen._asdict()
    del facts["where"]
    return {"scope": seen.where.scope, "name": seen.where.name, **facts}


def _where(body: Mapping[str, object]) -> Where:
    scope, name = body.get("scope"), text({"name": "", **body}, "name", 0)
    if not isinstance(scope, str) or scope not in _SCOPES:
        raise MessageMalformed(reason=f"'scope' is one of {', '.join(_SCOPES)}")
    if bool(name) is (scope == Scope.ALL):
        raise MessageMalformed(reason="'name' names the host or the domain, and nothing for all")
    return Where(Scope(scope), name)


def _until(body: Mapping[str, object], now: datetime) -> datetime | None:
    if body.get("seconds") is None:
        return None
    return now + timedelta(seconds=number(body, "seconds", 1, SECONDS_MAX))
