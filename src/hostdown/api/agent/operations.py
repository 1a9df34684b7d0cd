"""What `/agent/v1` serves, for documents: the agents' own operations and the administrators'."""

from hostdown.api.agent import admin_routes, wire
from hostdown.api.agent.shapes import HOST_FIELDS, OBJECT, TEXT
from hostdown.api.described import NO_TOKEN, Described, Schema, in_path, record


def _fault(status: int) -> Schema:
    """Its keys beside `code` and `message` are facts that an agent can use."""
    named: Schema = {
        "type": "object",
        "properties": {"code": TEXT, "message": TEXT},
        "required": ["code", "message"],
    }
    return record({"error": named})


_SIGNED = tuple(
    {"name": f"X-Hostdown-{name}", "in": "header", "required": True, "schema": TEXT}
    for name in ("Time", "Nonce", "Mac")
)
_AGENTS = "An agent signs what it sends; the reference's page on the agent protocol has the fields."


def _of_agents(path: str, success: int) -> Described:
    named = (in_path("id", HOST_FIELDS["id"]),) if "{" in path else ()
    return Described(
        "POST",
        path,
        success,
        OBJECT,
        OBJECT,
        (*named, *_SIGNED),
        {status: _fault(status) for status in sorted({*wire.STATUSES.values(), 500})},
        NO_TOKEN,
        {"description": _AGENTS},
    )


def _of_administrators(row: admin_routes.AdminRoute) -> Described:
    return Described(
        row.method,
        row.path.removeprefix("/agent"),
        row.success,
        row.answer,
        row.body,
        (*(in_path(name, TEXT) for name in ("name",) if f"{{{name}}}" in row.path), *row.query),
        {status: _fault(status) for status in (400, 401, 403, 404, 409, 413, 500, 503)},
        extras={"x-policy-rules": [row.rule]},
        body_required=False,
    )


OPERATIONS = (
    _of_agents("/v1/enrolments", 201),
    _of_agents("/v1/hosts/{id}/sessions", 201),
    _of_agents("/v1/hosts/{id}/report", 200),
    _of_agents("/v1/hosts/{id}/assignments", 200),
    _of_agents("/v1/hosts/{id}/outcomes", 200),
    _of_agents("/v1/hosts/{id}/watchdog", 200),
    _of_agents("/v1/hosts/{id}/slots", 200),
    *map(_of_administrators, admin_routes.ROUTES),
)
"""All of it, for documents."""
