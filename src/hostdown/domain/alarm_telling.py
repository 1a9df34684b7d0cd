"""What an alarm's actions are told once it fires, and what its history keeps of that."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

from hostdown.domain.alarms import Alarm, Condition, EventRule, OwnerEvent, State, TraitValue

QUERIES_MAX = 10_000
"""Queries of alarms of which it is known how they are written."""
EVENT = "event"
"""The type of all alarms here."""

_TRAIT_TYPES: dict[type, int] = {int: 2, float: 3, datetime: 4}
"""Ceilometer's numbers; what is none of these is a text, 1."""


def fired(alarm: Alarm, event: OwnerEvent, now: datetime) -> Alarm:
    """The alarm once the event has set it off."""
    return alarm._replace(
        state=State.ALARM,
        state_reason=reason(alarm, event),
        state_at=now,
        changes=alarm.changes + 1,
        fired_by=event.id,
    )


def reason(alarm: Alarm, event: OwnerEvent) -> str:
    """Why it fires, in Aodh's words."""
    query = _shown(alarm.rule.query)
    return f"Event <id={event.id},event_type={event.type}> hits the query <query={query}>."


@lru_cache(QUERIES_MAX)
def _shown(query: tuple[Condition, ...]) -> str:
    return json.dumps([shown_condition(each) for each in query], sort_keys=True)


def notice(before: Alarm, after: Alarm, event: OwnerEvent) -> dict[str, object]:
    """What is sent to each action, as Aodh sends it."""
    return {
        "alarm_name": after.name,
        "alarm_id": after.id,
        "severity": after.severity.value,
        "previous": before.state.value,
        "current": after.state.value,
        "reason": after.state_reason,
        "reason_data": {"type": "event", "event": _event(event)},
    }


def _event(event: OwnerEvent) -> dict[str, object]:
    return {
        "message_id": event.id,
        "event_type": event.type,
        "generated": event.at.isoformat(),
        "traits": [_trait(name, value) for name, value in event.traits.items()],
    }


def _trait(name: str, value: TraitValue) -> list[object]:
    kind = _TRAIT_TYPES.get(type(value), 1)
    if isinstance(value, datetime):
        return [name, kind, value.isoformat()]
    return [name, kind, value if kind != 1 else str(value)]


def shown_condition(condition: Condition) -> dict[str, str]:
    """As clients see it."""
    return {name: str(value) for name, value in condition._asdict().items()}


def shown_rule(rule: EventRule) -> Mapping[str, object]:
    """As clients see it."""
    return {
        "event_type": rule.event_type,
        "query": [shown_condition(each) for each in rule.query],
    }


def shown_alarm(alarm: Alarm) -> dict[str, object]:
    """As its history keeps it, by Aodh's names."""
    return {
        "alarm_id": alarm.id,
        "type": EVENT,
        "enabled": alarm.enabled,
        "name": alarm.name,
        "description": alarm.description,
        "timestamp": alarm.changed_at.isoformat(),
        "user_id": alarm.user_id,
        "project_id": alarm.project_id,
        "state": alarm.state.value,
        "state_timestamp": alarm.state_at.isoformat(),
        "state_reason": alarm.state_reason,
        **{name: list(urls) for name, urls in alarm.actions().items()},
        "repeat_actions": alarm.repeat_actions,
        "rule": shown_rule(alarm.rule),
        "time_constraints": [],
        "severity": alarm.severity.value,
    }


def differences(before: Alarm, after: Alarm) -> dict[str, object]:
    """What is shown of an alarm and has changed, but for the times at which it did."""
    old = shown_alarm(before)
    return {
        name: value
        for name, value in shown_alarm(after).items()
        if value != old[name] and name not in ("timestamp", "state_timestamp")
    }
