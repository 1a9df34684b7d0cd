"""What `/alarming` serves, for documents."""

from hostdown.api import faults
from hostdown.api.alarm.bodies import TYPES
from hostdown.api.alarm.calls import PREFIX
from hostdown.api.alarm.errors import FAULT
from hostdown.api.described import NO_TOKEN, Described, Schema, in_path, record
from hostdown.domain.alarms import ChangeType, Operator, Severity, State, ValueType

_TEXT: Schema = {"type": "string"}
_FLAG: Schema = {"type": "boolean"}
_NUMBER: Schema = {"type": "integer"}
_ANY: Schema = {"type": "object"}
_MAYBE: Schema = {"type": ["string", "null"]}
_STATE: Schema = {"enum": [*State]}


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


_CONDITION = record(
    {"field": _TEXT, "op": {"enum": [*Operator]}, "value": _TEXT, "type": {"enum": [*ValueType]}}
)
_RULE = record({"event_type": _TEXT, "query": _list(_CONDITION)})
_SAID: dict[str, Schema] = {
    "name": _TEXT,
    "description": _TEXT,
    "enabled": _FLAG,
    "severity": {"enum": [*Severity]},
    "state": _STATE,
    "ok_actions": _list(_TEXT),
    "alarm_actions": _list(_TEXT),
    "insufficient_data_actions": _list(_TEXT),
    "repeat_actions": _FLAG,
    "time_constraints": _list(_ANY),
    "event_rule": _RULE,
    "user_id": _TEXT,
    "project_id": _TEXT,
}
_ALARM = record(
    {
        **_SAID,
        "type": {"const": "event"},
        "alarm_id": _TEXT,
        "timestamp": _TEXT,
        "state_timestamp": _TEXT,
        "state_reason": _TEXT,
        "evaluate_timestamp": _TEXT,
    }
)
_ALARMS = _list(_ALARM)
_NEW: Schema = {
    "type": "object",
    "properties": {**_SAID, "event_rule": _ANY, "type": {"enum": list(TYPES)}},
    "required": ["name", "type"],
}
_CHANGES = _list(
    record(
        {
            "event_id": _TEXT,
            "alarm_id": _TEXT,
            "type": {"enum": [*ChangeType]},
            "detail": _TEXT,
            "user_id": _MAYBE,
            "project_id": _MAYBE,
            "on_behalf_of": _TEXT,
            "timestamp": _TEXT,
        }
    )
)
_QUERY = record({"filter": _MAYBE, "orderby": _MAYBE, "limit": {"type": ["integer", "null"]}}, ())
_QUOTA = record({"resource": {"const": "alarms"}, "limit": _NUMBER})
_QUOTAS = record({"project_id": _TEXT, "quotas": _list(_QUOTA)})
_VERSIONS = record({"versions": record({"values": _list(_ANY)})})
_CAPABILITIES = record({"api": _ANY, "alarm_storage": _ANY})

_PAGING = tuple(
    {"name": name, "in": "query", "schema": schema}
    for name, schema in (
        ("q.field", _list(_TEXT)),
        ("q.op", _list({"enum": [*Operator]})),
        ("q.value", _list(_TEXT)),
        ("sort", _list(_TEXT)),
        ("limit", _NUMBER),
        ("marker", _TEXT),
    )
)
_PROJECT = ({"name": "project_id", "in": "query", "schema": _TEXT},)
_ID = (in_path("id", _TEXT),)
_FAULTS: dict[int, Schema | str] = {
    **dict.fromkeys((400, 403, 404, 405, 413, 414, 501, 503), FAULT),
    401: {"anyOf": [FAULT, faults.described(401)]},
    500: faults.described(500),
}


def _operation(
    method: str,
    path: str,
    rule: str | None,
    success: int = 200,
    answer: Schema | None = None,
    parameters: tuple[Schema, ...] = (),
    body: Schema | None = None,
) -> Described:
    rules = [] if rule is None else [f"{PREFIX}{rule}"]
    extras = {"x-policy-rules": rules}
    return Described(
        method, f"/v2{path}", success, answer, body, parameters, _FAULTS, extras=extras
    )


_ONE = "/alarms/{id}"

OPERATIONS = (
    Described("GET", "", 200, _VERSIONS, security=NO_TOKEN),
    _operation("GET", "/alarms", "get_alarms", 200, _ALARMS, _PAGING),
    _operation("POST", "/alarms", "create_alarm", 201, _ALARM, (), _NEW),
    _operation("GET", _ONE, "get_alarm", 200, _ALARM, _ID),
    _operation("PUT", _ONE, "change_alarm", 200, _ALARM, _ID, _NEW),
    _operation("DELETE", _ONE, "delete_alarm", 204, None, _ID),
    _operation("GET", f"{_ONE}/state", "get_alarm_state", 200, _STATE, _ID),
    _operation("PUT", f"{_ONE}/state", "change_alarm_state", 200, _STATE, _ID, _STATE),
    _operation("GET", f"{_ONE}/history", "alarm_history", 200, _CHANGES, (*_ID, *_PAGING)),
    _operation("POST", "/query/alarms", "query_alarm", 200, _ALARMS, (), _QUERY),
    _operation(
        "POST", "/query/alarms/history", "query_alarm_history", 200, _CHANGES, (), _QUERY
    )._replace(body_required=False),
    _operation("GET", "/quotas", "get_quotas", 200, _QUOTAS, _PROJECT),
    _operation("POST", "/quotas", "update_quotas", 201, _QUOTAS, (), _QUOTAS),
    _operation("GET", "/quotas/{id}", "get_quotas", 200, _QUOTAS, _ID),
    _operation("DELETE", "/quotas/{id}", "delete_quotas", 204, None, _ID),
    _operation("GET", "/capabilities", None, 200, _CAPABILITIES),
    _operation("GET", "/metrics", None, 200, _ANY),
)
