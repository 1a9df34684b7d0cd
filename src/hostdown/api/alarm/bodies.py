"""What clients say of an alarm: always all of it."""

import re

from hostdown.api.alarm import reading
from hostdown.api.alarm.reading import Given
from hostdown.domain.alarm_errors import (
    AlarmMalformed,
    AlarmTypeUnsupported,
    TimeConstraintsUnsupported,
)
from hostdown.domain.alarm_matching import wanted as value_of
from hostdown.domain.alarm_telling import EVENT
from hostdown.domain.alarms import Condition, EventRule, Operator, Severity, State, ValueType
from hostdown.services.alarm_actions import ACTION_CHARS_MAX, ACTIONS_MAX
from hostdown.services.alarms import Wanted

NAME_CHARS_MAX = 255
"""Of an alarm's name, the pattern of types, the field of a condition, the id of a user or project.
"""
DESCRIPTION_CHARS_MAX = 2000
"""Of what is said of an alarm."""
VALUE_CHARS_MAX = 255
"""Of what a condition compares with."""
CONDITIONS_MAX = 16
"""In the query of one alarm."""

OTHER_TYPES = (
    "composite",
    "gnocchi_aggregation_by_metrics_threshold",
    "gnocchi_aggregation_by_resources_threshold",
    "gnocchi_resources_threshold",
    "loadbalancer_member_health",
    "prometheus",
    "threshold",
)
"""What Aodh has besides, or had."""
TYPES = (*OTHER_TYPES, EVENT)

RULE = f"{EVENT}_rule"
_FIELD = re.compile(r"[a-zA-Z.',0-9_-]+")
_READ_ONLY = (
    "alarm_id",
    "timestamp",
    "state_timestamp",
    "state_reason",
    "evaluate_timestamp",
)
"""Clients send back what they have seen; it is not looked at."""
_KNOWN = frozenset(
    {
        *Wanted._fields, "type", "time_constraints", *_READ_ONLY,
        *(f"{kind}_rule" for kind in TYPES),
    } - {"rule"}
)  # fmt: skip


def wanted(body: bytes) -> Wanted:
    """Raises AlarmMalformed, AlarmTypeUnsupported, TimeConstraintsUnsupported."""
    given = reading.members(reading.document(body), _KNOWN)
    kind = reading.one_of(given, "type", TYPES)
    if kind != EVENT:
        raise AlarmTypeUnsupported(kind=kind)
    if reading.several(given, "time_constraints"):
        raise TimeConstraintsUnsupported
    rule = _rule(given)
    default = f"Alarm when {rule.event_type} event occurred."
    return Wanted(
        name=reading.text(given, "name", NAME_CHARS_MAX),
        description=reading.text(given, "description", DESCRIPTION_CHARS_MAX, "") or default,
        enabled=reading.flag(given, "enabled", True),
        severity=Severity(reading.one_of(given, "severity", [*Severity], Severity.LOW)),
        state=State(reading.one_of(given, "state", [*State], State.INSUFFICIENT_DATA)),
        ok_actions=_urls(given, "ok_actions"),
        alarm_actions=_urls(given, "alarm_actions"),
        insufficient_data_actions=_urls(given, "insufficient_data_actions"),
        repeat_actions=reading.flag(given, "repeat_actions", False),
        rule=rule,
        user_id=reading.optional_text(given, "user_id", NAME_CHARS_MAX),
        project_id=reading.optional_text(given, "project_id", NAME_CHARS_MAX),
    )


def _urls(given: Given, name: str) -> tuple[str, ...]:
    found = reading.several(given, name)
    if len(found) > ACTIONS_MAX**2:  # each is looked at; what is there twice counts once
        raise AlarmMalformed(reason=f"{name} count exceeds maximum value {ACTIONS_MAX}")
    return tuple(reading.a_text(name, each, ACTION_CHARS_MAX) for each in found)


def _rule(given: Given) -> EventRule:
    if given.get(RULE) is None:
        raise AlarmMalformed(reason=f"{RULE} must be set for {EVENT} type alarm")
    for other in OTHER_TYPES:
        if given.get(f"{other}_rule"):
            reason = f"{RULE} and {other}_rule cannot be set at the same time"
            raise AlarmMalformed(reason=reason)
    rule = reading.members(given[RULE], ("event_type", "query"), RULE)
    query = reading.several(rule, "query")
    if len(query) > CONDITIONS_MAX:
        reason = f"query count exceeds maximum value {CONDITIONS_MAX}"
        raise AlarmMalformed(reason=reason)
    kind = reading.text(rule, "event_type", NAME_CHARS_MAX, "") or "*"
    return EventRule(kind, tuple(map(_condition, query)))


def _condition(given: object) -> Condition:
    one = reading.members(given, Condition._fields, "A condition of the query")
    field = reading.text(one, "field", NAME_CHARS_MAX)
    if not _FIELD.fullmatch(field):
        reason = f"Query value or traits invalid: {field} is not the name of a field."
        raise AlarmMalformed(reason=reason)
    made = Condition(
        field,
        Operator(reading.one_of(one, "op", [*Operator], Operator.EQ)),
        reading.text(one, "value", VALUE_CHARS_MAX),
        _type(one),
    )
    value_of(made)
    return made


def _type(one: Given) -> ValueType:
    kind = reading.text(one, "type", NAME_CHARS_MAX, "")
    if kind not in [*ValueType]:
        known = ", ".join(filter(None, ValueType))
        reason = f"The data type {kind} is not supported. The supported data type list is: {known}"
        raise AlarmMalformed(reason=reason)
    return ValueType(kind)


def state(body: bytes) -> State:
    """A state, said by hand; raises AlarmMalformed."""
    given = reading.document(body)
    if given not in [*State]:
        raise AlarmMalformed(reason="state invalid")
    return State(str(given))


def quotas(body: bytes) -> tuple[str, int | None]:
    """A project and how many alarms it may have; None if nothing is said of alarms.

    Raises AlarmMalformed.
    """
    given = reading.members(reading.document(body), ("project_id", "quotas"))
    project_id = reading.text(given, "project_id", NAME_CHARS_MAX)
    limit = None
    for each in reading.several(given, "quotas"):
        one = reading.members(each, ("resource", "limit"), "A quota")
        reading.one_of(one, "resource", ("alarms",))
        limit = _limit(one.get("limit"))
    return project_id, limit


def _limit(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise reading.invalid("limit", value, "Value should be an integer")
    if not -1 <= value < 2**31:
        raise reading.invalid("limit", value, f"Value should be from -1 to {2**31 - 1}")
    return value
