"""Rows of the matrix for the Alarming API."""

from tests.api.world import World
from tests.policy.appendix_b import MINE, MYSELF, OTHERS, SOMEBODY, Target
from tests.policy.operation import Made, Operation, at, new_name

from hostdown.domain.alarms import EventRule, Severity, State
from hostdown.services import alarms
from hostdown.services.alarms import Asker, Limits, Wanted

_ALARMS = "/alarming/v2/alarms"
_ALARM = "/alarming/v2/alarms/{id}"
_QUERY = "/alarming/v2/query/alarms"
_QUOTAS = "/alarming/v2/quotas"
_BY_ADMIN = ("context_is_admin",)
_BODY = {"name": "n", "type": "event", "event_rule": {}}
_STRANGERS = Target(OTHERS, SOMEBODY)
_QUOTA = {"project_id": MINE, "quotas": [{"resource": "alarms", "limit": -1}]}


def _alarm(below: str = "", owner: str = MINE) -> Made:
    def made(world: World) -> str:
        wanted = Wanted(
            new_name(), "", True, Severity.LOW, State.OK, (), (), (), False, EventRule()
        )
        asker = Asker(MYSELF, owner, False)
        alarm = alarms.create(world.directory, asker, wanted, Limits(), world.clock.now())
        return f"{_ALARMS}/{alarm.id}{below}"

    return made


def _one(
    method: str,
    rule: str,
    below: str = "",
    body: object = None,
    success: int = 200,
    target: Target | None = None,
) -> Operation:
    operation = Operation(
        method, f"{_ALARM}{below}", "", f"telemetry:{rule}", _alarm(below), body, success,
        content_rules=_BY_ADMIN, hidden=True,
    )  # fmt: skip
    if target is None:
        return operation
    return operation._replace(made=_alarm(below, target.project_id), target=target)


OPERATIONS: tuple[Operation, ...] = (
    Operation("GET", _ALARMS, "", "telemetry:get_alarms", at(_ALARMS)),
    Operation(
        "GET", _ALARMS, "", "telemetry:get_alarms",
        at(f"{_ALARMS}?q.field=all_projects&q.value=true"),
        further=("telemetry:get_alarms:all_projects",),
    ),
    Operation(
        "POST", _ALARMS, "", "telemetry:create_alarm", at(_ALARMS), _BODY, 201,
        content_rules=_BY_ADMIN,
    ),
    _one("GET", "get_alarm"),
    _one("PUT", "change_alarm", body=_BODY),
    _one("DELETE", "delete_alarm", success=204),
    _one("GET", "get_alarm_state", "/state"),
    _one("PUT", "change_alarm_state", "/state", "ok"),
    _one("GET", "alarm_history", "/history"),
    _one("GET", "get_alarm", target=_STRANGERS),
    _one("PUT", "change_alarm", body=_BODY, target=_STRANGERS),
    _one("DELETE", "delete_alarm", success=204, target=_STRANGERS),
    _one("PUT", "change_alarm_state", "/state", "ok", target=_STRANGERS),
    _one("GET", "alarm_history", "/history", target=_STRANGERS),
    Operation(
        "POST", _QUERY, "", "telemetry:query_alarm", at(_QUERY), {}, content_rules=_BY_ADMIN
    ),
    Operation(
        "POST", f"{_QUERY}/history", "", "telemetry:query_alarm_history",
        at(f"{_QUERY}/history"), {}, content_rules=_BY_ADMIN,
    ),
    Operation("GET", _QUOTAS, "", "telemetry:get_quotas", at(_QUOTAS)),
    Operation(
        "GET", _QUOTAS, "", "telemetry:get_quotas", at(f"{_QUOTAS}?project_id={OTHERS}"),
        target=_STRANGERS,
    ),
    Operation("POST", _QUOTAS, "", "telemetry:update_quotas", at(_QUOTAS), _QUOTA, 201),
    Operation(
        "GET", f"{_QUOTAS}/{{id}}", "", "telemetry:get_quotas", at(f"{_QUOTAS}/{OTHERS}"),
        target=_STRANGERS,
    ),
    Operation(
        "DELETE", f"{_QUOTAS}/{{id}}", "", "telemetry:delete_quotas", at(f"{_QUOTAS}/{MINE}"),
        success=204,
    ),
)  # fmt: skip
