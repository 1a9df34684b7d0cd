"""Alarms of tenants: what each waits for, its state, and whom it tells; names as in Aodh's API."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

NOT_EVALUATED = "Not evaluated yet"
"""Why a new alarm is in its state, as Aodh says it."""
SET_BY_HAND = "Manually set via API"
"""Why an alarm is in a state that somebody gave it, as Aodh says it."""


class State(StrEnum):
    """An event alarm is INSUFFICIENT_DATA until it fires, and then ALARM until somebody says
    otherwise."""

    OK = "ok"
    ALARM = "alarm"
    INSUFFICIENT_DATA = "insufficient data"


class Severity(StrEnum):
    """What its owner thinks of it; it changes nothing here."""

    LOW = "low"
    MODERATE = "moderate"
    CRITICAL = "critical"


class Operator(StrEnum):
    """How a condition compares what an event has with its own value."""

    LT = "lt"
    LE = "le"
    EQ = "eq"
    NE = "ne"
    GE = "ge"
    GT = "gt"


class ValueType(StrEnum):
    """What the value of a condition is read as; TEXT is how clients write that they did not say."""

    TEXT = ""
    STRING = "string"
    INTEGER = "integer"
    FLOAT = "float"
    BOOLEAN = "boolean"
    DATETIME = "datetime"


TraitValue = str | int | float | bool | datetime
"""Times are naive UTC."""


class Condition(NamedTuple):
    """`traits.NAME`, or a field of the event itself; `value` is as its owner wrote it."""

    field: str
    op: Operator
    value: str
    type: ValueType = ValueType.TEXT


class EventRule(NamedTuple):
    """`event_type` is a pattern as in a shell; an event has to fit all of `query`."""

    event_type: str = "*"
    query: tuple[Condition, ...] = ()


class Alarm(NamedTuple):
    """An event alarm. Times are naive UTC.

    `changed_at`: when its owner last said something of it. `changes`: how often it was changed by
    anybody, so that whoever writes knows that it is as seen. `fired_by`: the event by which it
    fired last.
    """

    id: str
    name: str
    description: str
    enabled: bool
    user_id: str
    project_id: str
    severity: Severity
    state: State
    state_reason: str
    state_at: datetime
    changed_at: datetime
    ok_actions: tuple[str, ...]
    alarm_actions: tuple[str, ...]
    insufficient_data_actions: tuple[str, ...]
    repeat_actions: bool
    rule: EventRule
    changes: int = 0
    fired_by: str = ""

    def actions(self) -> Mapping[str, tuple[str, ...]]:
        """By the name of the field."""
        return {name: getattr(self, name) for name in ACTION_FIELDS}


ACTION_FIELDS = ("ok_actions", "alarm_actions", "insufficient_data_actions")


class ChangeType(StrEnum):
    """What happened to an alarm."""

    CREATION = "creation"
    RULE_CHANGE = "rule change"
    STATE_TRANSITION = "state transition"
    DELETION = "deletion"


class AlarmChange(NamedTuple):
    """A line of an alarm's history.

    `user_id` and `project_id` are those of who did it, `on_behalf_of` is the project whose alarm it
    is. `detail` is JSON. `place`: it was the alarm's so manieth change.
    """

    id: str
    alarm_id: str
    place: int
    type: ChangeType
    detail: str
    user_id: str | None
    project_id: str | None
    on_behalf_of: str
    severity: Severity
    at: datetime


class OwnerEvent(NamedTuple):
    """An event as the owner of what it is about may see it.

    `id` is the same however often it is told, and no other event of the same project has it.
    """

    id: str
    type: str
    project_id: str
    traits: Mapping[str, TraitValue]
    at: datetime
