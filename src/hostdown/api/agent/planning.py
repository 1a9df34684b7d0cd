"""What operators arrange and ask before hosts fail.

    POST /agent/v1/hosts/{name}/failure-domain   {"failure_domain": TEXT or null}   200, the host's
    POST /agent/v1/hosts/{name}/reserve          {"reserved": true or false}        200, the host's
    GET  /agent/v1/hosts/{name}/recovery-plan    200 {"plan": what would happen were it to die now}
    GET  /agent/v1/capacity?lose=K               200 {"capacity": do the others bear it}
    GET  /agent/v1/capacity?lose=domain          200 the same, of each failure domain

404 `host-not-mapped`, 400 `failure-domain-invalid`, 409 `host-not-empty` or `host-is-disabled`.
"""

from collections.abc import Mapping
from typing import cast
from urllib.parse import parse_qs

from hostdown.api.agent import wire
from hostdown.api.agent.asking import Asked
from hostdown.api.agent.messages import flag, wrong
from hostdown.api.agent.shapes import FLAG, NUMBER, OBJECT, TEXT, TEXT_OR_NULL
from hostdown.api.agent.wire import Answer
from hostdown.api.described import Schema, record
from hostdown.domain.errors import MessageMalformed
from hostdown.services import failure_domains, recovery_plan, reserves
from hostdown.services.capacity import Capacity, Case, capacity
from hostdown.services.host_evacuation import Result
from hostdown.services.recovery_plan import Plan, PlannedLevel

LOSE_MAX = 1000
"""Hosts that may be asked for at once."""
DOMAIN = "domain"
"""What `lose` says for a failure domain."""

LABEL: Schema = {"type": "object", "properties": {"failure_domain": TEXT_OR_NULL}}
RESERVE: Schema = {"type": "object", "properties": {"reserved": FLAG}}
LABELLED = record({"host": record({"name": TEXT, "failure_domain": TEXT_OR_NULL})})
RESERVED = record({"host": record({"name": TEXT, "reserved": FLAG})})
_SERVER = record(
    {
        "server": TEXT,
        "name": TEXT,
        "priority": NUMBER,
        "destination": TEXT_OR_NULL,
        "warning": TEXT_OR_NULL,
        "stays": TEXT_OR_NULL,
    }
)
_LEVEL = record(
    {
        "level": NUMBER,
        "driver": TEXT,
        "checked_at": TEXT_OR_NULL,
        "power": TEXT_OR_NULL,
        "problem": TEXT_OR_NULL,
    }
)
PLAN = record(
    {
        "plan": record(
            {
                "host": TEXT,
                "failure_domain": TEXT,
                "nothing": TEXT_OR_NULL,
                "hold_off_s": {"type": "number"},
                "held": TEXT_OR_NULL,
                "levels": {"type": "array", "items": _LEVEL},
                "no_levels": TEXT_OR_NULL,
                "servers": {"type": "array", "items": _SERVER},
                "warnings": {"type": "array", "items": TEXT},
            }
        )
    }
)
CAPACITY = record({"capacity": OBJECT})


def label(asked: Asked) -> Answer:
    """`POST /agent/v1/hosts/{name}/failure-domain`."""
    fields = asked.fields()
    to = fields.get("failure_domain")
    if "failure_domain" not in fields or not isinstance(to, str | None):
        raise wrong("failure_domain", "must be a text or null")
    directory = asked.deployment.directory
    failure_domains.label(directory, asked.caller, asked.name, to, asked.now)
    return wire.told(200, {"host": {"name": asked.name, "failure_domain": to}})


def reserve(asked: Asked) -> Answer:
    """`POST /agent/v1/hosts/{name}/reserve`."""
    on = flag(asked.fields(), "reserved")
    where = asked.deployment.cells, asked.deployment.directory
    reserves.reserve(*where, asked.caller, asked.name, on, asked.now)
    return wire.told(200, {"host": {"name": asked.name, "reserved": on}})


def plan(asked: Asked) -> Answer:
    """`GET /agent/v1/hosts/{name}/recovery-plan`."""
    cells = asked.deployment.cells
    found = recovery_plan.plan(cells, asked.planning, asked.fences, asked.name, asked.now)
    return wire.told(200, {"plan": _plan(found)})


def show_capacity(asked: Asked) -> Answer:
    """`GET /agent/v1/capacity`."""
    query = cast(str, asked.environ.get("QUERY_STRING", ""))
    lose = parse_qs(query).get("lose", ["1"])[-1]
    if lose == DOMAIN:
        wanted = None
    elif lose.isascii() and lose.isdecimal() and 1 <= int(lose[:9]) <= LOSE_MAX:
        wanted = int(lose)
    else:
        raise MessageMalformed(reason=f"'lose' is a number from 1 to {LOSE_MAX}, or '{DOMAIN}'")
    found = capacity(asked.deployment.cells, asked.planning, wanted, asked.now)
    return wire.told(200, {"capacity": _capacity(found)})


def _plan(found: Plan) -> Mapping[str, object]:
    return {
        "host": found.host,
        "failure_domain": found.domain,
        "nothing": found.nothing,
        "hold_off_s": found.hold_off.total_seconds(),
        "held": found.held,
        "levels": [_level(each) for each in found.levels],
        "no_levels": found.no_levels,
        "servers": [_server(each) for each in found.servers],
        "warnings": found.warnings,
    }


def _level(each: PlannedLevel) -> Mapping[str, object]:
    return each._asdict()


def _server(each: Result) -> Mapping[str, object]:
    return {
        "server": each.instance.uuid,
        "name": each.instance.name,
        "priority": each.priority,
        "destination": each.destination,
        "warning": each.warning,
        "stays": each.error,
    }


def _capacity(found: Capacity) -> Mapping[str, object]:
    facts = found._asdict()
    return facts | {"cases": [_case(each) for each in found.cases]}


def _case(each: Case) -> Mapping[str, object]:
    return {
        "lost": each.loss.name,
        "hosts": sorted(each.loss.hosts),
        "servers": each.servers,
        "memory_mb": each.memory_mb,
        "reserves": each.outcome.reserves,
        "stay": len(each.outcome.stay),
        "reason": each.outcome.reason,
    }
