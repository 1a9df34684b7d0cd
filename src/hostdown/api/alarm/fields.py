"""Which fields of alarms, and of their history, lists can be filtered and sorted by."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum
from operator import attrgetter
from typing import Any, NamedTuple

from hostdown.api.alarm import reading
from hostdown.domain.alarm_errors import AlarmMalformed
from hostdown.domain.alarm_matching import boolean, moment
from hostdown.domain.alarm_telling import EVENT
from hostdown.domain.patterns import PatternInvalid, containing

Value = str | bool | datetime
Test = Callable[[Any], bool]
"""Whether a record is wanted."""


class Kind(Enum):
    """What the values of a field are."""

    TEXT = "text"
    FLAG = "boolean"
    TIME = "time"


class Field(NamedTuple):
    """One field. `get` finds it in a record, `attribute` is what it is there, to sort by."""

    get: Callable[[Any], Value | None]
    attribute: str
    kind: Kind = Kind.TEXT


def _of(attribute: str, kind: Kind = Kind.TEXT) -> Field:
    return Field(attrgetter(attribute), attribute, kind)


Fields = Mapping[str, Field]

ALARM: Fields = {
    "alarm_id": _of("id"),
    "type": Field(lambda _: EVENT, "id"),
    "name": _of("name"),
    "description": _of("description"),
    "enabled": _of("enabled", Kind.FLAG),
    "user_id": _of("user_id"),
    "user": _of("user_id"),
    "project_id": _of("project_id"),
    "project": _of("project_id"),
    "severity": _of("severity"),
    "state": _of("state"),
    "state_reason": _of("state_reason"),
    "state_timestamp": _of("state_at", Kind.TIME),
    "timestamp": _of("changed_at", Kind.TIME),
    "repeat_actions": _of("repeat_actions", Kind.FLAG),
}
CHANGE: Fields = {
    "event_id": _of("id"),
    "alarm_id": _of("alarm_id"),
    "type": _of("type"),
    "detail": _of("detail"),
    "severity": _of("severity"),
    "user_id": _of("user_id"),
    "user": _of("user_id"),
    "project_id": _of("project_id"),
    "project": _of("project_id"),
    "on_behalf_of": _of("on_behalf_of"),
    "timestamp": _of("at", Kind.TIME),
}

_ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: bool(a < b),
    "<=": lambda a, b: bool(a <= b),
    ">": lambda a, b: bool(a > b),
    ">=": lambda a, b: bool(a >= b),
}


def test(field: Field, op: str, given: object) -> Test:
    """A comparison by one of =, !=, <, <=, >, >=, =~; what is not there is only != to anything.

    Raises AlarmMalformed.
    """
    get = field.get
    if op == "=~":
        return _matches(get, given)
    wanted = _value(field.kind, given)
    if op == "=":
        return lambda record: get(record) == wanted
    if op == "!=":
        return lambda record: get(record) != wanted
    holds = _ORDERED[op]

    def compares(record: object) -> bool:
        found = get(record)
        return found is not None and holds(found, wanted)

    return compares


def _matches(get: Callable[[Any], Value | None], given: object) -> Test:
    try:
        contains = containing(str(given))
    except PatternInvalid as error:
        raise AlarmMalformed(reason=f"Filter expression not valid: {error.message}") from error

    def matches(record: object) -> bool:
        found = get(record)
        return isinstance(found, str) and contains(found)

    return matches


def _value(kind: Kind, given: object) -> Value:
    if kind is Kind.TEXT:
        return given if isinstance(given, str) else _number(given)
    try:
        return boolean(str(given)) if kind is Kind.FLAG else moment(str(given))
    except (ValueError, OverflowError):
        shown = reading.shown(given)
        if kind is Kind.TIME:
            reason = f"Failed to parse the timestamp value {shown}"
        else:
            reason = f"Unable to convert the value {shown} to the expected data type {kind.value}."
        raise AlarmMalformed(reason=reason) from None


def _number(given: object) -> str:
    """Clients take a name that looks like a number for one."""
    return format(given, "g") if isinstance(given, float) else str(given)
