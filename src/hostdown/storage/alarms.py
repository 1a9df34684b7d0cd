"""The alarms of tenants."""

from collections.abc import Collection, Sequence
from functools import lru_cache

import orjson
from sqlalchemy import bindparam, func, select

from hostdown.domain.alarm_matching import server_of
from hostdown.domain.alarms import (
    ACTION_FIELDS,
    Alarm,
    Condition,
    EventRule,
    Operator,
    Severity,
    State,
    ValueType,
)
from hostdown.domain.derived_ids import derived_id
from hostdown.services.alarm_ports import Counts
from hostdown.storage.alarm_tables import alarms
from hostdown.storage.sql import ALARMS_FIRED, AnyOf, Compiler, parameters
from hostdown.storage.transaction import Row, Transaction
from hostdown.storage.types import moment, storable, written

RULES_MAX = 10_000
"""Rules of alarms that are kept as they were read."""

_C = alarms.c
_SHOWN = [_C[name] for name in Alarm._fields]
_FIRED = ["state", "state_reason", "state_at", "changes", "fired_by"]
"""What changes when an alarm fires."""


class AlarmSql:
    """The statements of `SqlAlarmRows` and `SqlWatchedAlarmRows`."""

    def __init__(self, sql: Compiler) -> None:
        shown, count = select(*_SHOWN), select(func.count()).select_from(alarms)
        this, of_project = _C.id == bindparam("id"), _C.project_id == bindparam("project_id")
        as_seen = (_C.id == bindparam("seen_id"), _C.changes == bindparam("seen_changes"))
        self.get = sql.text(shown.where(this))
        self.all = sql.many(shown)
        self.of_project = sql.many(shown.where(of_project))
        self.count = sql.text(count)
        self.count_of_project = sql.text(count.where(of_project))
        self.count_watch = sql.text(count.where(_C.watch == bindparam("watch")))
        self.count_of_user = sql.text(count.where(_C.user_id == bindparam("user_id")))
        self.add = sql.text(sql.insert(alarms, [*Alarm._fields, "watch"]))
        update = alarms.update().where(*as_seen)
        self.replace = sql.text(update.values(parameters([*Alarm._fields, "watch"])))
        self.fired = sql.text(update.values(parameters(_FIRED)))
        self.fired_at_once = ALARMS_FIRED if sql.name == "mariadb" else None
        self.remove = sql.text(alarms.delete().where(this))
        self.enabled_of = AnyOf(
            sql, _C.watch, lambda which: shown.where(which, _C.enabled.is_(True))
        )


class SqlAlarmRows:
    """`services.alarm_ports.AlarmRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: AlarmSql) -> None:
        self._tx = tx
        self._sql = sql

    def get(self, alarm_id: str) -> Alarm | None:
        row = self._tx.row(self._sql.get, {"id": alarm_id}) if storable(alarm_id) else None
        return None if row is None else _alarm(row)

    def all(self, project_id: str | None) -> list[Alarm]:
        if project_id is None:
            return [_alarm(row) for row in self._sql.all.read(self._tx, {})]
        if not storable(project_id):
            return []
        facts = {"project_id": project_id}
        return [_alarm(row) for row in self._sql.of_project.read(self._tx, facts)]

    def counts(self, project_id: str, user_id: str, server: str) -> Counts:
        tx, sql = self._tx, self._sql
        return Counts(
            int(tx.value(sql.count, {})),
            int(tx.value(sql.count_of_project, {"project_id": project_id})),
            int(tx.value(sql.count_of_user, {"user_id": user_id})),
            int(tx.value(sql.count_watch, {"watch": _watch(project_id, server)})),
        )

    def add(self, alarm: Alarm) -> None:
        self._tx.run(self._sql.add, _facts(alarm))

    def replace(self, seen: Alarm, after: Alarm) -> bool:
        return self._tx.run(self._sql.replace, {**_facts(after), **_as_seen(seen)}) == 1

    def remove(self, alarm_id: str) -> None:
        self._tx.run(self._sql.remove, {"id": alarm_id})


class SqlWatchedAlarmRows:
    """`services.alarm_ports.WatchedAlarmRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: AlarmSql) -> None:
        self._tx = tx
        self._sql = sql

    def of(self, wanted: Collection[tuple[str, str]]) -> list[Alarm]:
        keys = sorted({_watch(*each) for each in wanted})
        return [_alarm(row) for row in self._sql.enabled_of.read(self._tx, keys)]

    def fired(self, fired: Sequence[tuple[Alarm, Alarm]]) -> None:
        # In one order, whoever writes: two of them never wait for each other.
        pairs = sorted(fired, key=lambda pair: pair[0].id)
        facts = [{**_fired(after), **_as_seen(seen)} for seen, after in pairs]
        if facts and self._sql.fired_at_once:
            self._tx.run(self._sql.fired_at_once, {"fired": orjson.dumps(facts).decode()})
        elif facts:
            self._tx.many(self._sql.fired, facts)


@lru_cache(RULES_MAX)
def _rule(text: str) -> EventRule:
    """Kept, for what an alarm waits for is read at each event that it meets."""
    pattern, *conditions = orjson.loads(text)
    query = tuple(
        Condition(field, Operator(op), value, ValueType(kind))
        for field, op, value, kind in conditions
    )
    return EventRule(pattern, query)


def _alarm(row: Row) -> Alarm:
    found = Alarm._make(row)
    return found._replace(
        enabled=bool(found.enabled),
        severity=Severity(found.severity),
        state=State(found.state),
        state_at=moment(str(found.state_at)),
        changed_at=moment(str(found.changed_at)),
        ok_actions=_urls(found.ok_actions),
        alarm_actions=_urls(found.alarm_actions),
        insufficient_data_actions=_urls(found.insufficient_data_actions),
        repeat_actions=bool(found.repeat_actions),
        rule=_rule(str(found.rule)),
    )


def _urls(kept: object) -> tuple[str, ...]:
    return tuple(orjson.loads(str(kept)))


def _facts(alarm: Alarm) -> dict[str, object]:
    rule = [alarm.rule.event_type, *map(list, alarm.rule.query)]
    return {
        **alarm._asdict(),
        **_fired(alarm),
        **{name: orjson.dumps(getattr(alarm, name)).decode() for name in ACTION_FIELDS},
        "severity": alarm.severity.value,
        "changed_at": written(alarm.changed_at),
        "rule": orjson.dumps(rule).decode(),
        "watch": _watch(alarm.project_id, server_of(alarm.rule)),
    }


def _watch(project_id: str, server: str) -> str:
    return derived_id(f"{project_id} {server}")


def _fired(alarm: Alarm) -> dict[str, object]:
    return {
        "state": alarm.state.value,
        "state_reason": alarm.state_reason,
        "state_at": written(alarm.state_at),
        "changes": alarm.changes,
        "fired_by": alarm.fired_by,
    }


def _as_seen(seen: Alarm) -> dict[str, object]:
    return {"seen_id": seen.id, "seen_changes": seen.changes}
