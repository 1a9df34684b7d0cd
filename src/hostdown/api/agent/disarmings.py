"""What `hostdown recovery disarm|arm|disarmed` asks.

    GET /agent/v1/disarmings          200 {"disarmings": [Disarming, ...]}, the narrowest first
    POST /agent/v1/disarmings         201 {"disarming": Disarming};
        {"scope": "host"|"domain"|"all", "name", "reason", "seconds": for how long, or null}
    POST /agent/v1/disarmings/arm     200 {"was_disarmed"}; {"scope", "name"}

400 `malformed`, 404 `host-not-mapped` or `domain-unknown`.
"""

from datetime import datetime, timedelta

import orjson

from hostdown.api.agent import wire
from hostdown.api.agent.asking import Asked
from hostdown.api.agent.shapes import FLAG, NUMBER, TEXT, TEXT_OR_NULL
from hostdown.api.agent.wire import Answer
from hostdown.api.described import Schema, record
from hostdown.domain.disarming import LONGEST, REASON_LENGTH_MAX, Disarming, Scope, Where
from hostdown.domain.errors import MessageMalformed
from hostdown.services import disarming

NAME_LENGTH_MAX = 255
"""Characters; the width of the column."""

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
_SECONDS: Schema = {**NUMBER, "minimum": 1, "maximum": int(LONGEST.total_seconds())}
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
    body = _object(asked)
    caller = asked.caller
    reason = body.get("reason")
    if not isinstance(reason, str) or not 0 < len(reason.strip()) <= REASON_LENGTH_MAX:
        raise MessageMalformed(reason=f"'reason' is a text of 1 to {REASON_LENGTH_MAX} characters")
    made = Disarming(
        _where(body),
        reason.strip(),
        _until(body.get("seconds"), asked.now),
        asked.now,
        caller.user_name,
        caller.user_id,
        caller.request_id,
    )
    deployment = asked.deployment
    zones = deployment.zones.current()
    disarming.disarm(deployment.cells, deployment.directory, zones, made, caller)
    return wire.told(201, {"disarming": shown(made)})


def arm(asked: Asked) -> Answer:
    """`POST /agent/v1/disarmings/arm`."""
    where = _where(_object(asked))
    was = disarming.arm(asked.deployment.cells, where, asked.caller, asked.now)
    return wire.told(200, {"was_disarmed": was})


def shown(seen: Disarming) -> dict[str, object]:
    """One, for answers."""
    facts = seen._asdict()
    del facts["where"]
    return {"scope": seen.where.scope, "name": seen.where.name, **facts}


def _object(asked: Asked) -> dict[str, object]:
    try:
        body = orjson.loads(wire.read_body(asked.environ) or b"{}")
    except orjson.JSONDecodeError as error:
        raise MessageMalformed(reason="its body is not JSON") from error
    if not isinstance(body, dict):
        raise MessageMalformed(reason="its body must be an object")
    return body


def _where(body: dict[str, object]) -> Where:
    scope, name = body.get("scope"), body.get("name", "")
    if not isinstance(scope, str) or scope not in _SCOPES:
        raise MessageMalformed(reason=f"'scope' is one of {', '.join(_SCOPES)}")
    if not isinstance(name, str) or len(name) > NAME_LENGTH_MAX or "\0" in name:
        raise MessageMalformed(reason=f"'name' is a text of at most {NAME_LENGTH_MAX} characters")
    if bool(name) is (scope == Scope.ALL):
        raise MessageMalformed(reason="'name' names the host or the domain, and nothing for all")
    return Where(Scope(scope), name)


def _until(seconds: object, now: datetime) -> datetime | None:
    if seconds is None:
        return None
    most = int(LONGEST.total_seconds())
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 1 <= seconds <= most:
        raise MessageMalformed(reason=f"'seconds' is an integer of 1 to {most}, or null")
    return now + timedelta(seconds=seconds)
