"""What monitoring systems may ask, for routing, for the policy and for documents."""

from hostdown.api.described import Described, Schema, record
from hostdown.domain.fault_events import FaultKind
from hostdown.services.fault_events import Meaning

RULE = "hostdown:events:create"

ROUTES = (("PUT", "/events"), ("POST", "/events"), ("POST", "/alertmanager"))
"""Method and path."""

_TEXT: Schema = {"type": "string"}
_NUMBER: Schema = {"type": "integer"}
_EVENT = record(
    {
        "id": _NUMBER,
        "host": _TEXT,
        "kind": {"enum": [*FaultKind]},
        "source": _TEXT,
        "times": _NUMBER,
        "meaning": {"enum": [*Meaning]},
    }
)
_ANSWER = record(
    {
        "events": {"type": "array", "items": _EVENT},
        "ignored": {
            "type": "array",
            "items": record({"alert": _TEXT, "host": _TEXT, "reason": _TEXT}),
        },
    }
)
_SAID: Schema = {
    "type": "object",
    "properties": {
        "type": {"enum": [*FaultKind]},
        "time": {"type": ["string", "number"]},
        "id": {"type": ["string", "integer"]},
        "details": {
            "type": "object",
            "properties": {"hostname": _TEXT},
            "required": ["hostname"],
        },
    },
    "required": ["type", "details"],
}
_EVENTS: Schema = {"type": "array", "items": _SAID}
_BODIES: dict[str, Schema] = {
    "/events": {"anyOf": [_SAID, _EVENTS, record({"events": _EVENTS})]},
    "/alertmanager": {
        "type": "object",
        "properties": {"version": {"const": "4"}, "alerts": {"type": "array"}},
        "required": ["alerts"],
    },
}
_FAULT = record({"error": {"type": "object"}})
_STATUSES = (400, 401, 403, 404, 405, 413, 429, 500, 503)


def described(prefix: str) -> tuple[Described, ...]:
    """What is served at one path."""
    return tuple(
        Described(
            method,
            "",
            200,
            _ANSWER,
            _BODIES[path],
            (),
            dict.fromkeys(_STATUSES, _FAULT),
            extras={"x-policy-rules": [RULE]},
        )
        for method, path in ROUTES
        if path == prefix
    )
