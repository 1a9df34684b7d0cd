"""From what happened to the alarms that it sets off, and from those to what their owners are told.

An alarm's state and what its actions are told are written in one transaction: neither is without
the other. Who told the same event before a crash, and tells it again, makes no second delivery:
the ids follow from event, alarm and action.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import orjson

from hostdown.domain.alarm_matching import COMPARED_MAX, Watch, fires, servers_of
from hostdown.domain.alarm_telling import fired, notice
from hostdown.domain.alarms import Alarm, AlarmChange, ChangeType, OwnerEvent
from hostdown.domain.deliveries import Channel, Delivery, Event
from hostdown.domain.derived_ids import derived_id
from hostdown.services.alarm_actions import LOG as LOG_SCHEME
from hostdown.services.alarm_actions import parsed
from hostdown.services.alarm_allowance import Allowances, owner, owner_of
from hostdown.services.alarms import note, said
from hostdown.services.directory_ports import Directory, DirectoryRows

LOG = logging.getLogger(__name__)

RECEIVER_CHARS_MAX = 255
"""Of the name of a receiver, as it is kept."""

OwnerEvents = Callable[[Event], Sequence[OwnerEvent]]
"""What the owners of what an event is about may see of it; nothing if it concerns none."""


class _Fired(NamedTuple):
    """An alarm, before and after what set it off."""

    event: Event
    seen: OwnerEvent
    before: Alarm
    after: Alarm


class AlarmRoute:
    """`services.routes.Route`. A lane is a host, so that each receiver is told in order per host.

    A receiver is one server as one project names it: what a tenant's server does not answer holds
    up nothing that goes elsewhere, and nobody else's that goes there, too.
    """

    def __init__(self, owner_events: OwnerEvents) -> None:
        self._owner_events = owner_events
        self._allowances = Allowances()

    def deliveries(
        self, rows: DirectoryRows, events: Sequence[Event], now: datetime
    ) -> list[Delivery]:
        told = [(event, own) for event in events for own in self._owner_events(event)]
        if not told:
            return []
        alarms = rows.watched_alarms.of(
            {(own.project_id, server) for _, own in told for server in servers_of(own)}
        )
        if not alarms:
            return []
        self._allowances.begin(rows, now)
        found = _fire(alarms, told, self._allowances, now)
        self._allowances.tell(now)
        _write(rows, alarms, found, now)
        return [made for each in found for made in _deliveries(each, now)]


def _fire(
    alarms: Sequence[Alarm],
    told: Sequence[tuple[Event, OwnerEvent]],
    allowances: Allowances,
    now: datetime,
) -> list[_Fired]:
    """In the order of the events."""
    current = {alarm.id: alarm for alarm in alarms}
    of_project: dict[str, list[Alarm]] = {}
    for alarm in alarms:
        of_project.setdefault(alarm.project_id, []).append(alarm)
    watches = {project_id: Watch(own) for project_id, own in of_project.items()}
    found: list[_Fired] = []
    for event, own in told:
        watch = watches.get(own.project_id)
        if watch is None:
            continue
        for alarm_id in watch.matching(own):
            before = current[alarm_id]
            calls = max(len(before.alarm_actions), 1)
            if not fires(before, own) or not allowances.grants(own.project_id, calls, now):
                continue
            current[alarm_id] = fired(before, own, now)
            found.append(_Fired(event, own, before, current[alarm_id]))
    _tell_of_more(watches)
    return found


def _tell_of_more(watches: Mapping[str, Watch]) -> None:
    for project_id, watch in watches.items():
        if watch.cut:
            LOG.warning(
                "%d events were compared with the first %d conditions of alarms of project %s, "
                "and with no more",
                watch.cut,
                COMPARED_MAX,
                project_id,
            )


def _write(
    rows: DirectoryRows, alarms: Sequence[Alarm], found: Sequence[_Fired], now: datetime
) -> None:
    seen = {alarm.id: alarm for alarm in alarms}
    new = [each for each in found if each.before.fired_by != each.seen.id]
    last = {each.after.id: each.after for each in new}
    rows.watched_alarms.fired([(seen[own], after) for own, after in last.items()])
    note(rows, [_line(each, now) for each in new])


def _line(each: _Fired, now: datetime) -> AlarmChange:
    alarm = each.after
    detail = {"state": alarm.state.value, "transition_reason": alarm.state_reason}
    return AlarmChange(
        id=derived_id(f"{each.seen.id} {alarm.id}"),
        alarm_id=alarm.id,
        place=alarm.changes,
        type=ChangeType.STATE_TRANSITION,
        detail=said(detail),
        user_id=None,
        project_id=None,
        on_behalf_of=alarm.project_id,
        severity=alarm.severity,
        at=now,
    )


def _deliveries(each: _Fired, now: datetime) -> list[Delivery]:
    body = orjson.dumps(notice(each.before, each.after, each.seen))
    made = []
    for url in each.after.alarm_actions:
        action = parsed(url)
        if action.scheme == LOG_SCHEME:
            LOG.info("Alarm %r: %s", each.after.name, each.after.state_reason)
            continue
        made.append(
            Delivery(
                number=0,
                id=derived_id(f"{each.seen.id} {each.after.id} {url}"),
                channel=Channel.ALARM,
                receiver=_receiver(each.after.project_id, action.origin),
                lane=each.event.subject,
                batch=each.event.number,
                target=url,
                body=body,
                created_at=now,
                event=each.event.id,
            )
        )
    return made


def whose(delivery: Delivery) -> str:
    """Whose alarm a delivery is of."""
    return owner_of(delivery.receiver)


def is_wanted(directory: Directory, delivery: Delivery) -> bool:
    """Whether its alarm is there, enabled, and calls this address still; raises
    DirectoryUnavailable."""
    alarm_id = orjson.loads(delivery.body)["alarm_id"]
    alarm = directory.read(lambda rows: rows.alarms.get(alarm_id))
    return alarm is not None and alarm.enabled and delivery.target in alarm.alarm_actions


def _receiver(project_id: str, origin: str) -> str:
    """Both names, as long as they can be kept; else numbers that stand for them."""
    name = f"{owner(project_id)} {origin}"
    return name if len(name) <= RECEIVER_CHARS_MAX else f"{owner(project_id)} {derived_id(origin)}"
