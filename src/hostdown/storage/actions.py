"""The history of what was asked of instances."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import BigInteger, Select, bindparam, select
from sqlalchemy.sql.elements import ClauseElement

from hostdown.services.instance_ports import Action, Event
from hostdown.storage.cell_tables import instance_action_events, instance_actions
from hostdown.storage.sql import ZERO, Compiler
from hostdown.storage.transaction import Row, Transaction
from hostdown.storage.types import (
    ID_MAX,
    moment,
    moment_or_none,
    storable,
    written,
    written_or_none,
)

_A, _E = instance_actions.c, instance_action_events.c
_ACTION = [column.name for column in instance_actions.c]
_ADDED = [name for name in _ACTION if name != "id"]
_EVENT = ["order_number", "event", "host", "start_time", "finish_time", "result", "details"]
_FIRST, _LAST = "0001-01-01 00:00:00.000000", "9999-12-31 23:59:59.999999"
ERROR = "Error"

_WAITING = (
    _E.instance_uuid == bindparam("instance"),
    _E.order_number <= bindparam("order"),
    _E.finish_time.is_(None),
)
"""Events that wait for an order or an older one."""


class ActionSql:
    """The statements of `SqlActionRows`."""

    def __init__(self, sql: Compiler) -> None:
        self.add = sql.text(
            sql.insert_new(instance_actions, _ADDED, ["instance_uuid", "request_id"])
        )
        self.add_event = sql.text(_add_event())
        self.one = sql.text(_find().where(_A.request_id == bindparam("request_id")))
        self.events = sql.text(
            select(*(_E[name] for name in _EVENT))
            .where(_E.action_id == bindparam("action"))
            .order_by(_E.id.desc())
        )
        # By id, each: MariaDB looks a subquery of an update up for every row of the table.
        self.waiting = sql.text(select(_E.id, _E.action_id).where(*_WAITING))
        self.end_event = sql.text(
            instance_action_events.update()
            .where(_E.id == bindparam("id"))
            .values(
                finish_time=bindparam("now"),
                result=bindparam("result"),
                details=bindparam("details"),
            )
        )
        self.explain = sql.text(
            instance_action_events.update().where(*_WAITING).values(details=bindparam("why"))
        )
        self.touch = sql.text(
            instance_actions.update()
            .where(_A.id == bindparam("id"))
            .values(updated_at=bindparam("now"))
        )
        self.mark = sql.text(
            instance_actions.update()
            .where(_A.id == bindparam("id"))
            .values(updated_at=bindparam("now"), message=bindparam("message"))
        )
        self.page = sql.text(
            _find()
            .where(
                _A.updated_at >= bindparam("since"),
                _A.updated_at <= bindparam("before"),
                _A.id < bindparam("behind"),
            )
            .order_by(_A.id.desc())
            .offset(ZERO)
            .limit(bindparam("limit", type_=BigInteger))
        )


def _add_event() -> ClauseElement:
    """An event of the action of a request."""
    of_request = (
        _A.instance_uuid == bindparam("instance"),
        _A.request_id == bindparam("request_id"),
    )
    given = (bindparam(name, type_=_E[name].type) for name in _EVENT)
    action = select(_A.id, _A.instance_uuid, *given).where(*of_request)
    columns = ["action_id", "instance_uuid", *_EVENT]
    return instance_action_events.insert().from_select(columns, action)


def _find() -> Select[tuple[object, ...]]:
    return select(*(_A[name] for name in _ACTION)).where(_A.instance_uuid == bindparam("instance"))


class SqlActionRows:
    """`services.instance_ports.ActionRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: ActionSql) -> None:
        self._tx = tx
        self._sql = sql

    def add(self, made: Action, event: Event | None) -> None:
        facts = made._asdict()
        facts["instance_uuid"] = facts.pop("instance")
        facts["start_time"] = written(made.start_time)
        facts["updated_at"] = written(made.updated_at)
        del facts["id"]
        self._tx.run(self._sql.add, facts)
        if event is None:
            return
        self._tx.run(
            self._sql.add_event,
            {
                "request_id": made.request_id,
                "instance": made.instance,
                "order_number": event.order,
                "event": event.event,
                "host": event.host,
                "start_time": written(event.start_time),
                "finish_time": written_or_none(event.finish_time),
                "result": event.result,
                "details": event.details,
            },
        )

    def finish(
        self, instance: str, order: int, result: str, details: str | None, now: datetime
    ) -> None:
        at = written(now)
        waiting = self._tx.rows(self._sql.waiting, {"instance": instance, "order": order})
        for event_id, action_id in waiting:
            ended = {"id": event_id, "now": at, "result": result, "details": details}
            self._tx.run(self._sql.end_event, ended)
            if result == ERROR:
                self._tx.run(self._sql.mark, {"id": action_id, "now": at, "message": ERROR})
            else:
                self._tx.run(self._sql.touch, {"id": action_id, "now": at})

    def explain(self, instance: str, order: int, details: str | None) -> None:
        self._tx.run(self._sql.explain, {"instance": instance, "order": order, "why": details})

    def of_instance(
        self,
        uuid: str,
        since: datetime | None = None,
        before: datetime | None = None,
        marker: str | None = None,
        limit: int | None = None,
    ) -> list[Action] | None:
        behind = ID_MAX
        if marker is not None:
            row = self._one(uuid, marker)
            if row is None:
                return None
            behind = row[0]
        facts = {
            "instance": uuid,
            "since": _FIRST if since is None else written(since),
            "before": _LAST if before is None else written(before),
            "behind": behind,
            "limit": ID_MAX if limit is None else limit,
        }
        return _actions(self._tx.rows(self._sql.page, facts))

    def get(self, uuid: str, request_id: str) -> tuple[Action, list[Event]] | None:
        row = self._one(uuid, request_id)
        if row is None:
            return None
        events = self._tx.rows(self._sql.events, {"action": row[0]})
        return _actions([row])[0], [_event(each) for each in events]

    def _one(self, uuid: str, request_id: str) -> Row | None:
        if not storable(uuid, request_id):
            return None
        return self._tx.row(self._sql.one, {"instance": uuid, "request_id": request_id})


def _actions(rows: Iterable[Row]) -> list[Action]:
    return [
        Action._make((*facts, moment(start), moment(updated))) for *facts, start, updated in rows
    ]


def _event(row: Row) -> Event:
    order, event, host, start, finish, result, details = row
    return Event(order, event, host, moment(start), moment_or_none(finish), result, details)
