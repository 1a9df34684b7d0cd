"""What administrators' answers look like, as JSON Schema."""

from hostdown.api.described import Schema, record

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer"}
FLAG: Schema = {"type": "boolean"}
OBJECT: Schema = {"type": "object"}
TEXT_OR_NULL: Schema = {"type": ["string", "null"]}

HOST_FIELDS: dict[str, Schema] = {
    "id": {"type": "string", "format": "uuid"},
    "name": TEXT,
    "cell": TEXT,
    "boot": NUMBER,
    "session": NUMBER,
    "agent_version": TEXT,
    "machine_id": TEXT,
    "enrolled_at": TEXT,
    "forked_at": TEXT_OR_NULL,
    "sleeps": {"type": ["boolean", "null"]},
    "host_status": {"enum": ["UP", "UNKNOWN", "DOWN", "MAINTENANCE", ""]},
    "state": {"enum": ["up", "down", "unknown"]},
    "status": {"enum": ["enabled", "disabled", "unknown"]},
    "disabled_reason": TEXT_OR_NULL,
    "forced_down": {"type": ["boolean", "null"]},
    "last_seen_up": TEXT_OR_NULL,
    "unreachable_at": TEXT_OR_NULL,
    "reserved": FLAG,
    "domain": TEXT_OR_NULL,
    "recovery": {"enum": ["armed", "disarmed", "suspended", None]},
}
REFUSED = record({"reason": TEXT, "times": NUMBER, "last_at": TEXT})
CHANGE = record(
    {
        "at": TEXT,
        "user": TEXT,
        "user_id": TEXT,
        "project_id": TEXT_OR_NULL,
        "request_id": TEXT,
        "event_type": TEXT,
        "before": OBJECT,
        "after": OBJECT,
    }
)
UNKNOWN = record(
    {"uuid": TEXT, "generation": NUMBER, "boot": NUMBER, "power_state": NUMBER, "since": TEXT}
)
WATCHDOG = record(
    {
        "armed_at": TEXT_OR_NULL,
        "self_fence_after_ms": NUMBER,
        "reset_ms": NUMBER,
        "pools": {"type": "array", "items": TEXT},
    }
)
EVENT = record(
    {
        "id": NUMBER,
        "kind": TEXT,
        "source": TEXT,
        "event_id": TEXT,
        "said_at": TEXT_OR_NULL,
        "first_at": TEXT,
        "last_at": TEXT,
        "times": NUMBER,
        "user": TEXT,
        "user_id": TEXT,
        "request_id": TEXT,
        "details": OBJECT,
    }
)
DETAIL_FIELDS = HOST_FIELDS | {
    "watchdog": {"anyOf": [WATCHDOG, {"type": "null"}]},
    "refused": {"type": "array", "items": REFUSED},
    "changes": {"type": "array", "items": CHANGE},
    "unknown_servers": {"type": "array", "items": UNKNOWN},
    "disarmed": {"type": "array", "items": OBJECT},
    "events": {"type": "array", "items": EVENT},
}
ENROLMENT = record({"name": TEXT, "secret": TEXT, "replace": FLAG, "expires_at": TEXT})
HOSTS = record({"hosts": {"type": "array", "items": record(HOST_FIELDS)}})
DETAIL = record({"host": record(DETAIL_FIELDS)})
ENROLLED = record({"enrolment": ENROLMENT})
REPLACE: Schema = {"type": "object", "properties": {"replace": FLAG}}
