"""Make, find, list, change and delete alarms, and keep their history.

Everything here is Aodh's, but for limits: of one project's alarms every event looks at all.
"""

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

import orjson

from hostdown.domain.alarm_errors import (
    AlarmNotFound,
    AlarmNotInProject,
    AlarmQuotaExceeded,
    OwnerNotAuthorized,
    TooManyAlarms,
    TooManyAlarmsOfServer,
    TooManyWideAlarms,
)
from hostdown.domain.alarm_matching import server_of
from hostdown.domain.alarm_telling import differences, shown_alarm
from hostdown.domain.alarms import (
    NOT_EVALUATED,
    SET_BY_HAND,
    Alarm,
    AlarmChange,
    ChangeType,
    EventRule,
    Severity,
    State,
)
from hostdown.domain.quotas import UNLIMITED, exceeds
from hostdown.services.alarm_actions import MayReach, checked
from hostdown.services.alarm_ports import Counts
from hostdown.services.directory_ports import Directory, DirectoryRows

ALARMS_MAX = 100_000
"""Alarms of a deployment, whoever has them."""
WIDE_MAX = 500
"""Alarms of a project that wait for no single server."""
ALIKE_MAX = 100
"""Alarms of a project that wait for the same server: each of its events meets them all."""
CHANGES_MAX = 100
"""Lines of an alarm's history; older ones go."""
DELETIONS_MAX = 1000
"""Lines that tell of alarms of one project that are gone; older ones go."""
SERVER_CHARS_MAX = 64
"""Of a server's id in a sentence; a condition's value may be anything."""
DETAIL_CHARS_MAX = 2000
"""Of what a line of a history says; of more, only the names of what has changed are kept."""


class Asker(NamedTuple):
    """Who does something. Administrators see everybody's alarms."""

    user_id: str
    project_id: str | None
    is_admin: bool


class Limits(NamedTuple):
    """How many alarms a project, and a user, may have; UNLIMITED is as many as there are."""

    project: int = UNLIMITED
    user: int = UNLIMITED


class Wanted(NamedTuple):
    """All that is said of an alarm; `user_id` and `project_id` are None if nothing is."""

    name: str
    description: str
    enabled: bool
    severity: Severity
    state: State
    ok_actions: tuple[str, ...]
    alarm_actions: tuple[str, ...]
    insufficient_data_actions: tuple[str, ...]
    repeat_actions: bool
    rule: EventRule
    user_id: str | None = None
    project_id: str | None = None

    def checked(self, asker: Asker, may_reach: MayReach, seen: Alarm | None = None) -> "Wanted":
        """The same, each action once; raises what `alarm_actions.checked` does.

        What an alarm that was `seen` has already may stay, whatever is allowed by now: where it
        leads is looked at when it is called, and nobody else could as much as disable the alarm.
        """

        def urls(name: str) -> tuple[str, ...]:
            has = () if seen is None else getattr(seen, name)
            return checked(name, getattr(self, name), asker.is_admin, may_reach, has)

        return self._replace(
            ok_actions=urls("ok_actions"),
            alarm_actions=urls("alarm_actions"),
            insufficient_data_actions=urls("insufficient_data_actions"),
        )


def create(
    directory: Directory, asker: Asker, wanted: Wanted, limits: Limits, now: datetime
) -> Alarm:
    """A new alarm, of the asker unless an administrator says whose.

    Raises OwnerNotAuthorized, AlarmQuotaExceeded, TooManyAlarms, TooManyAlarmsOfServer,
    TooManyWideAlarms.
    """
    facts = wanted._asdict()
    for aspect, own in (("user", asker.user_id), ("project", asker.project_id or "")):
        asked = facts[f"{aspect}_id"]
        if asked not in (None, own) and not asker.is_admin:
            raise OwnerNotAuthorized(aspect=aspect, owner=asked)
        facts[f"{aspect}_id"] = own if asked is None else asked
    made = Alarm(
        id=str(uuid.uuid4()),
        state_reason=NOT_EVALUATED,
        state_at=now,
        changed_at=now,
        changes=1,
        **facts,
    )
    line = _line(made, ChangeType.CREATION, shown_alarm(made), asker, now)

    def work(rows: DirectoryRows) -> None:
        rows.alarm_quotas.lock()
        _check_room(rows, made, limits)
        rows.alarms.add(made)
        rows.alarm_changes.add([line])

    directory.write(work)
    return made


def _check_room(rows: DirectoryRows, made: Alarm, limits: Limits) -> None:
    counts = _counts(rows, made)
    if counts.all >= ALARMS_MAX:
        raise TooManyAlarms(limit=ALARMS_MAX)
    _check_alike(made, counts)
    own = rows.alarm_quotas.get(made.project_id)
    of_project = limits.project if own is None else own
    if exceeds(counts.project + 1, of_project) or exceeds(counts.user + 1, limits.user):
        raise AlarmQuotaExceeded(user_id=made.user_id, project_id=made.project_id)


def _counts(rows: DirectoryRows, alarm: Alarm) -> Counts:
    return rows.alarms.counts(alarm.project_id, alarm.user_id, server_of(alarm.rule))


def _check_alike(alarm: Alarm, counts: Counts) -> None:
    server = server_of(alarm.rule)
    if not server and counts.alike >= WIDE_MAX:
        raise TooManyWideAlarms(project_id=alarm.project_id, limit=WIDE_MAX)
    if server and counts.alike >= ALIKE_MAX:
        raise TooManyAlarmsOfServer(
            project_id=alarm.project_id, server=server[:SERVER_CHARS_MAX], limit=ALIKE_MAX
        )


def find(directory: Directory, asker: Asker, alarm_id: str) -> Alarm:
    """Raises AlarmNotFound, AlarmNotInProject."""
    return directory.read(lambda rows: found(rows, asker, alarm_id))


def found(rows: DirectoryRows, asker: Asker, alarm_id: str) -> Alarm:
    """As `find`, in a transaction."""
    alarm = rows.alarms.get(alarm_id)
    if asker.is_admin:
        if alarm is None:
            raise AlarmNotFound(alarm_id=alarm_id)
        return alarm
    if alarm is None or alarm.project_id != asker.project_id:
        raise AlarmNotInProject(alarm_id=alarm_id, project_id=asker.project_id)
    return alarm


def update(
    directory: Directory, asker: Asker, alarm_id: str, wanted: Wanted, now: datetime
) -> Alarm:
    """Make an alarm what is wanted; raises as `find`, and TooManyAlarmsOfServer,
    TooManyWideAlarms.

    It becomes the asker's, or stays whose it is if that is an administrator, unless that one says
    whose it is to be.
    """

    def work(seen: Alarm) -> tuple[Alarm, dict[str, object]]:
        owner = (seen.user_id, seen.project_id)
        if not asker.is_admin:
            owner = (asker.user_id, seen.project_id)
        elif wanted.user_id is not None or wanted.project_id is not None:
            owner = (wanted.user_id or seen.user_id, wanted.project_id or seen.project_id)
        facts = wanted._asdict() | {"user_id": owner[0], "project_id": owner[1]}
        after = seen._replace(**facts)
        if after.state is not seen.state:
            after = after._replace(state_reason=SET_BY_HAND, state_at=now)
        changed = differences(seen, after)
        return (after._replace(changed_at=now) if changed else seen), changed

    return _change(directory, asker, alarm_id, ChangeType.RULE_CHANGE, work, now)


def set_state(
    directory: Directory, asker: Asker, alarm_id: str, state: State, now: datetime
) -> Alarm:
    """Say by hand what state an alarm is in: no action is called. Raises as `find`."""

    def work(seen: Alarm) -> tuple[Alarm, dict[str, object]]:
        detail: dict[str, object] = {"state": state.value, "state_reason": SET_BY_HAND}
        return seen._replace(state=state, state_reason=SET_BY_HAND, state_at=now), detail

    return _change(directory, asker, alarm_id, ChangeType.STATE_TRANSITION, work, now)


Work = Callable[[Alarm], tuple[Alarm, dict[str, object]]]
"""What becomes of an alarm, and what its history says of that."""


def _change(
    directory: Directory,
    asker: Asker,
    alarm_id: str,
    kind: ChangeType,
    work: Work,
    now: datetime,
) -> Alarm:
    def once(rows: DirectoryRows) -> Alarm | None:
        seen = found(rows, asker, alarm_id)
        after, detail = work(seen)
        if after == seen:
            return seen
        after = after._replace(changes=seen.changes + 1)
        if _watches(after) != _watches(seen):
            _check_alike(after, _counts(rows, after))
        if not rows.alarms.replace(seen, after):
            return None  # it has fired meanwhile, or somebody else was here
        note(rows, [_line(after, kind, detail, asker, now)])
        return after

    while True:
        if (done := directory.write(once)) is not None:
            return done


def _watches(alarm: Alarm) -> tuple[str, str]:
    return alarm.project_id, server_of(alarm.rule)


def note(rows: DirectoryRows, lines: list[AlarmChange]) -> None:
    """Write lines of histories, and let go what is too old."""
    rows.alarm_changes.add(lines)
    last = {line.alarm_id: line.place for line in lines}
    rows.alarm_changes.forget(
        [(own, place - CHANGES_MAX) for own, place in last.items() if place > CHANGES_MAX]
    )


def delete(directory: Directory, asker: Asker, alarm_id: str, now: datetime) -> None:
    """Delete an alarm and its history, but for a line that says so. Raises as `find`."""

    def work(rows: DirectoryRows) -> None:
        alarm = found(rows, asker, alarm_id)
        rows.alarms.remove(alarm.id)
        rows.alarm_changes.forget([(alarm.id, alarm.changes)])
        last = alarm._replace(changes=alarm.changes + 1)
        detail = {"state": alarm.state.value}
        rows.alarm_changes.add([_line(last, ChangeType.DELETION, detail, asker, now)])
        rows.alarm_changes.bound_deletions(alarm.project_id, DELETIONS_MAX)

    directory.write(work)


def _line(
    alarm: Alarm, kind: ChangeType, detail: Mapping[str, object], asker: Asker, now: datetime
) -> AlarmChange:
    return AlarmChange(
        id=str(uuid.uuid4()),
        alarm_id=alarm.id,
        place=alarm.changes,
        type=kind,
        detail=said(detail),
        user_id=asker.user_id,
        project_id=asker.project_id,
        on_behalf_of=alarm.project_id,
        severity=alarm.severity,
        at=now,
    )


def said(detail: Mapping[str, object]) -> str:
    """As a history keeps it."""
    text = orjson.dumps(detail).decode()
    if len(text) <= DETAIL_CHARS_MAX:
        return text
    return orjson.dumps({"changed": list(detail)}).decode()
