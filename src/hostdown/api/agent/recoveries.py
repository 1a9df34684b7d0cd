"""The administrator's side of recoveries: what `hostdown recovery list|show|hold|...` asks.

    GET /agent/v1/recoveries                       200 {"recoveries": [Recovery, ...]}, newest first
    GET /agent/v1/recoveries/{name}                200 {"recovery": Recovery and timeline}
    GET /agent/v1/recoveries/{name}/profile        200 {"profile": Doctor's checkpoints}
    POST /agent/v1/recoveries/{name}/hold          200 {"recovery": Recovery}
    POST /agent/v1/recoveries/{name}/release       200 the same
    POST /agent/v1/recoveries/{name}/confirm-off   200 the same

`name` is a recovery's number. 404 `recovery-unknown`, 409 `recovery-has-gone-on`.
"""

from collections.abc import Callable
from datetime import datetime

from hostdown.api.agent import wire
from hostdown.api.agent.asking import Asked
from hostdown.api.agent.shapes import FLAG, NUMBER, OBJECT, TEXT, TEXT_OR_NULL
from hostdown.api.agent.wire import Answer
from hostdown.api.described import Schema, record
from hostdown.domain.checkpoints import Reached
from hostdown.domain.model import Caller
from hostdown.domain.recovery_errors import RecoveryUnknown
from hostdown.services import recovery_profile, recovery_words
from hostdown.services.ports import Cells
from hostdown.services.recovery_ports import Entry, Recovery

NUMBER_DIGITS_MAX = 18
"""Of a recovery's number; what a column of every database holds."""

_FIELDS: dict[str, Schema] = {
    "id": NUMBER,
    "host": TEXT,
    "host_id": TEXT,
    "boot": NUMBER,
    "domain": TEXT,
    "stage": TEXT,
    "held": TEXT_OR_NULL,
    "reason": TEXT_OR_NULL,
    "silent_at": TEXT,
    "begun_at": TEXT,
    "attempted_at": TEXT_OR_NULL,
    "sent_at": TEXT_OR_NULL,
    "ended_at": TEXT_OR_NULL,
    "level": NUMBER,
    "proof": {"type": ["integer", "null"]},
    "forced": FLAG,
}
_ENTRY = record({"at": TEXT, "what": TEXT, "details": OBJECT})
LIST = record({"recoveries": {"type": "array", "items": record(_FIELDS)}})
ONE = record({"recovery": record(_FIELDS)})
SHOWN = record({"recovery": record(_FIELDS | {"timeline": {"type": "array", "items": _ENTRY}})})

_CHECKPOINT = record(
    {
        "number": NUMBER,
        "code": TEXT_OR_NULL,
        "name": TEXT,
        "at": TEXT_OR_NULL,
        "since_ms": {"type": ["number", "null"]},
    }
)
_TOLD: dict[str, Schema] = {"receivers": NUMBER, "received": NUMBER, "first_at": TEXT_OR_NULL}
PROFILE = record(
    {
        "profile": record(
            {
                "recovery": NUMBER,
                "host": TEXT,
                "checkpoints": {"type": "array", "items": _CHECKPOINT},
                **_TOLD,
            }
        )
    }
)

Word = Callable[[Cells, int, Caller, datetime], Recovery]


def recoveries(asked: Asked) -> Answer:
    """`GET /agent/v1/recoveries`."""
    found = recovery_words.list_recoveries(asked.deployment.cells)
    return wire.told(200, {"recoveries": [_shown(each) for each in found]})


def recovery(asked: Asked) -> Answer:
    """`GET /agent/v1/recoveries/{name}`."""
    found = recovery_words.show(asked.deployment.cells, _number(asked.name))
    timeline = [_entry(each) for each in found.timeline]
    return wire.told(200, {"recovery": {**_shown(found.recovery), "timeline": timeline}})


def profile(asked: Asked) -> Answer:
    """`GET /agent/v1/recoveries/{name}/profile`."""
    deployment = asked.deployment
    number = _number(asked.name)
    found = recovery_profile.of_recovery(deployment.cells, deployment.directory, number)
    telling = found.telling
    told = {
        "recovery": found.recovery.id,
        "host": found.recovery.host,
        "checkpoints": [_checkpoint(each) for each in found.checkpoints],
        "receivers": 0 if telling is None else telling.receivers,
        "received": 0 if telling is None else telling.taken,
        "first_at": None if telling is None else telling.first_at,
    }
    return wire.told(200, {"profile": told})


def _checkpoint(seen: Reached) -> dict[str, object]:
    point = seen.checkpoint
    named = {"number": point.number, "code": point.code, "name": point.name}
    return {**named, "at": seen.at, "since_ms": seen.since_ms}


def hold(asked: Asked) -> Answer:
    """`POST /agent/v1/recoveries/{name}/hold`."""
    return _said(asked, recovery_words.hold)


def release(asked: Asked) -> Answer:
    """`POST /agent/v1/recoveries/{name}/release`."""
    return _said(asked, recovery_words.release)


def confirm_off(asked: Asked) -> Answer:
    """`POST /agent/v1/recoveries/{name}/confirm-off`."""
    return _said(asked, recovery_words.confirm_off)


WORDS = {"hold": hold, "release": release, "confirm-off": confirm_off}
"""What may be said to one, by the end of the path."""


def _said(asked: Asked, word: Word) -> Answer:
    number = _number(asked.name)
    found = word(asked.deployment.cells, number, asked.caller, asked.now)
    return wire.told(200, {"recovery": _shown(found)})


def _number(name: str) -> int:
    if not (name.isascii() and name.isdecimal() and len(name) <= NUMBER_DIGITS_MAX):
        raise RecoveryUnknown(number=name)
    return int(name)


def _shown(seen: Recovery) -> dict[str, object]:
    return {name: getattr(seen, name) for name in _FIELDS}


def _entry(seen: Entry) -> dict[str, object]:
    return {"at": seen.at, "what": seen.what, "details": dict(seen.details)}
