"""Which alarms an event sets off.

All alarms of a project are looked at for each of its events. Most of them wait for one server: so
they are kept by the value that they want of a trait, and only those that want the event's are
compared with it, however many there are.
"""

import operator
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import NamedTuple

from hostdown.domain.alarm_errors import AlarmMalformed
from hostdown.domain.alarms import (
    Alarm,
    Condition,
    EventRule,
    Operator,
    OwnerEvent,
    State,
    TraitValue,
)
from hostdown.domain.alarms import ValueType as Type

TRAITS = "traits."
TRUE = frozenset({"1", "t", "true", "on", "y", "yes"})
FALSE = frozenset({"0", "f", "false", "off", "n", "no"})
"""How OpenStack's APIs write it, in small letters."""

_COMPARE: dict[Operator, Callable[[TraitValue, TraitValue], bool]] = {
    Operator.LT: operator.lt,
    Operator.LE: operator.le,
    Operator.EQ: operator.eq,
    Operator.NE: operator.ne,
    Operator.GE: operator.ge,
    Operator.GT: operator.gt,
}
SERVER_TRAITS = ("instance_id", "resource_id")
"""What says which server an event is about: few alarms want the same value of these."""
COMPARED_MAX = 4_000
"""Conditions that one event is compared with; who has more of them pays for that alone."""

QUERIES_MAX = 10_000
"""Queries of alarms of which it is known what they compare."""

_RARE = tuple(f"{TRAITS}{name}" for name in SERVER_TRAITS)
_KIND: dict[type, str] = {
    str: "text",
    int: "number",
    float: "number",
    bool: "number",
    datetime: "time",
}


def wanted(condition: Condition) -> TraitValue:
    """The value of a condition as what it is; raises AlarmMalformed, in Aodh's words."""
    try:
        return _READ[condition.type](condition.value)
    except (ValueError, OverflowError):
        reason = (
            f"Unable to convert the value {condition.value} to the expected data type "
            f"{condition.type}."
        )
        raise AlarmMalformed(reason=reason) from None


def boolean(text: str) -> bool:
    """Raises ValueError."""
    word = text.strip().lower()
    if word not in TRUE | FALSE:
        raise ValueError(text)
    return word in TRUE


def moment(text: str) -> datetime:
    """Naive UTC, as an event's times are; raises ValueError, OverflowError."""
    read = datetime.fromisoformat(text)
    return read if read.tzinfo is None else read.astimezone(UTC).replace(tzinfo=None)


_READ: dict[Type, Callable[[str], TraitValue]] = {
    Type.TEXT: str,
    Type.STRING: str,
    Type.INTEGER: int,
    Type.FLOAT: float,
    Type.BOOLEAN: boolean,
    Type.DATETIME: moment,
}


def compares(op: Operator, found: TraitValue | None, value: TraitValue) -> bool:
    """What is not there, or of another kind, is not equal to the value, and not less or more."""
    if found is None or _kind(found) != _kind(value):
        return op is Operator.NE
    return _COMPARE[op](found, value)


def _kind(value: TraitValue) -> str:
    return _KIND.get(type(value)) or "text"  # of a text there are more kinds than one


def field(event: OwnerEvent, name: str) -> TraitValue | None:
    """What a condition looks at; None if the event does not have it."""
    if name.startswith(TRAITS):
        return event.traits.get(name[len(TRAITS) :])
    fields: dict[str, TraitValue] = {
        "event_type": event.type,
        "message_id": event.id,
        "generated": event.at,
    }
    return fields.get(name)


def fires(alarm: Alarm, event: OwnerEvent) -> bool:
    """Whether an alarm that fits the event is set off by it.

    One that was set off already is not, unless it repeats; or if it was by this very event, which
    is told again after a crash.
    """
    return alarm.repeat_actions or alarm.state is not State.ALARM or alarm.fired_by == event.id


def server_of(rule: EventRule) -> str:
    """The only server whose events can set it off; "" if there may be others."""
    for name in _RARE:
        for each in rule.query:
            is_text = each.type in (Type.TEXT, Type.STRING)
            if each.field == name and each.op is Operator.EQ and is_text:
                return each.value
    return ""


def servers_of(event: OwnerEvent) -> list[str]:
    """The servers that it is about, and "" for the alarms that wait for no single one."""
    found = [event.traits.get(name) for name in SERVER_TRAITS]
    return ["", *(each for each in found if isinstance(each, str))]


class _Test(NamedTuple):
    field: str
    op: Operator
    value: TraitValue


@lru_cache(QUERIES_MAX)
def _tests(query: tuple[Condition, ...]) -> tuple[_Test, ...]:
    return tuple(_Test(each.field, each.op, wanted(each)) for each in query)


class _Watching(NamedTuple):
    id: str
    pattern: str
    tests: tuple[_Test, ...]

    def fits(self, event: OwnerEvent) -> bool:
        for name, op, value in self.tests:  # noqa: SIM110 - a generator takes twice as long
            if not compares(op, field(event, name), value):
                return False
        return True


class Watch:
    """The alarms of one project; each event is compared with few of them.

    `cut`: how many events were not compared with all that they might have fitted.
    """

    def __init__(self, alarms: Iterable[Alarm]) -> None:
        self.cut = 0
        self._by_value: dict[str, dict[TraitValue, list[_Watching]]] = {}
        self._others: list[_Watching] = []
        self._types: dict[tuple[str, str], bool] = {}
        for alarm in alarms:
            self._add(alarm)
        self._fields = sorted(self._by_value, key=lambda name: name not in _RARE)

    def _add(self, alarm: Alarm) -> None:
        tests = _tests(alarm.rule.query)
        equal = [each for each in tests if each.op is Operator.EQ]
        key = min(equal, key=lambda each: each.field not in _RARE, default=None)
        rest = tuple(each for each in tests if each is not key)
        watching = _Watching(alarm.id, alarm.rule.event_type, rest)
        if key is None:
            self._others.append(watching)
        else:
            self._by_value.setdefault(key.field, {}).setdefault(key.value, []).append(watching)

    def matching(self, event: OwnerEvent) -> list[str]:
        """The ids of the alarms that the event fits; those of one server are looked at first."""
        left = COMPARED_MAX
        found = []
        for each in self._candidates(event):
            if not self._is_type(event.type, each.pattern):
                continue
            left -= 1 + len(each.tests)
            if left < 0:
                self.cut += 1
                break
            if each.fits(event):
                found.append(each.id)
        return found

    def _candidates(self, event: OwnerEvent) -> Iterator[_Watching]:
        for name in self._fields:
            found = field(event, name)
            if found is not None:
                yield from self._by_value[name].get(found, ())
        yield from self._others

    def _is_type(self, kind: str, pattern: str) -> bool:
        known = self._types.get((kind, pattern))
        if known is None:
            known = self._types[kind, pattern] = fnmatchcase(kind, pattern)
        return known
