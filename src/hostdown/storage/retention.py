"""What a cell may forget."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Select,
    and_,
    bindparam,
    exists,
    or_,
    select,
    true,
)

from hostdown.domain.migration import SETTLED, Step
from hostdown.domain.recovery import OVER
from hostdown.services.retention_ports import Gone, Kind
from hostdown.storage.cell_tables import (
    changes,
    compute_nodes,
    instance_action_events,
    instance_actions,
    instances,
    permits,
    services,
)
from hostdown.storage.leftover_tables import clearings, strangers
from hostdown.storage.migration_tables import migrations
from hostdown.storage.recovery_tables import recoveries, recovery_entries
from hostdown.storage.sql import ZERO, AnyOf, Compiler, DropAny, one_of
from hostdown.storage.transaction import Transaction
from hostdown.storage.types import moment, written
from hostdown.storage.watchdog_tables import no_grants, slot_orders

_FIRST = Gone("", datetime.min, 0)
_SETTLED = {f"settled_{place}": status.value for place, status in enumerate(sorted(SETTLED))}
_DUE = {f"due_{place}": step.value for place, step in enumerate(sorted(set(Step) - {Step.NONE}))}
_OVER = {f"over_{place}": stage.value for place, stage in enumerate(sorted(OVER))}
_BEFORE: ColumnElement[str] = bindparam("before")


class _Way(NamedTuple):
    """How rows of a kind are found, oldest first, and what goes with them: theirs, then they."""

    id: Column[Any]
    at: Column[Any]
    where: Sequence[ColumnElement[bool]]
    drops: Sequence[Column[Any]]
    facts: dict[str, str] = {}  # noqa: RUF012 - nobody changes it


def _action() -> _Way:
    of, later, event = instance_actions.c, instance_actions.alias().c, instance_action_events.c
    has_later = exists().where(later.instance_uuid == of.instance_uuid, later.id > of.id)
    waits = exists().where(event.action_id == of.id, event.finish_time.is_(None))
    return _Way(of.id, of.updated_at, [has_later, ~waits], [event.action_id, of.id])


def _migration() -> _Way:
    of = migrations.c
    where = [
        or_(of.updated_at.is_(None), of.updated_at < _BEFORE),
        or_(of.deleted == true(), one_of(of.status, "settled", len(_SETTLED))),
        ~one_of(of.step, "due", len(_DUE)),
    ]
    return _Way(of.id, of.created_at, where, [of.id], _SETTLED | _DUE)


def _recovery() -> _Way:
    of = recoveries.c
    is_marked = exists().where(no_grants.c.recovery == of.id)
    drops = [recovery_entries.c.recovery_id, slot_orders.c.recovery, of.id]
    where = [one_of(of.stage, "over", len(_OVER)), ~is_marked]
    return _Way(of.id, of.ended_at, where, drops, _OVER)


_WAYS = {
    Kind.CHANGES: _Way(changes.c.id, changes.c.at, [], [changes.c.id]),
    Kind.ACTIONS: _action(),
    Kind.MIGRATIONS: _migration(),
    Kind.RECOVERIES: _recovery(),
    Kind.SERVICES: _Way(
        services.c.id,
        services.c.deleted_at,
        [services.c.deleted != ZERO],
        [compute_nodes.c.service_id, services.c.id],
    ),
}

_OF_SERVERS = (
    instance_action_events.c.instance_uuid,
    instance_actions.c.instance_uuid,
    migrations.c.instance_uuid,
    permits.c.instance_uuid,
)


class OldSql:
    """The statements of `SqlOldRows`."""

    def __init__(self, sql: Compiler) -> None:
        found = {kind: _find(way) for kind, way in _WAYS.items()}
        self.found = {kind: sql.text(_some(each)) for kind, each in found.items()}
        self.again = {
            kind: AnyOf(sql, _WAYS[kind].id, lambda which, each=each: each.where(which))
            for kind, each in found.items()
        }
        self.drops = {
            kind: [DropAny(sql, each) for each in way.drops] for kind, way in _WAYS.items()
        }
        self.servers = sql.text(_servers())
        self.bound = [
            AnyOf(sql, column, lambda which, column=column: select(column).where(which))
            for column in (
                clearings.c.instance_uuid,
                strangers.c.instance_uuid,
                migrations.c.open_key,
            )
        ]
        self.of_servers = [DropAny(sql, each) for each in _OF_SERVERS]
        self.drop_servers = DropAny(sql, instances.c.uuid)


def _find(way: _Way) -> Select[tuple[object, ...]]:
    return select(way.id).where(way.at < _BEFORE, *way.where).order_by(way.at)


def _servers() -> Select[tuple[object, ...]]:
    of = instances.c
    at: ColumnElement[str] = bindparam("after_at")
    last: ColumnElement[int] = bindparam("after_id")
    behind = and_(of.deleted_at >= at, or_(of.deleted_at > at, of.id > last))
    found = select(of.uuid, of.deleted_at, of.id).where(
        of.deleted_at < _BEFORE, of.deleted == true(), behind
    )
    return _some(found.order_by(of.deleted_at, of.id))


def _some(found: Select[Any]) -> Select[Any]:
    return found.offset(ZERO).limit(bindparam("limit", type_=BigInteger))


class SqlOldRows:
    """`services.retention_ports.OldRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: OldSql) -> None:
        self._tx = tx
        self._sql = sql

    def found(self, kind: Kind, before: datetime, limit: int) -> list[int]:
        facts = {"before": written(before), "limit": limit, **_WAYS[kind].facts}
        return [number for (number,) in self._tx.rows(self._sql.found[kind], facts)]

    def drop(self, kind: Kind, before: datetime, numbers: Sequence[int]) -> int:
        facts = {"before": written(before), **_WAYS[kind].facts}
        there = self._sql.again[kind].read(self._tx, numbers, facts)
        going = [number for (number,) in there]
        for each in self._sql.drops[kind]:
            each.run(self._tx, going)
        return len(going)

    def servers(self, before: datetime, after: Gone | None, limit: int) -> list[Gone]:
        _, at, last = after or _FIRST
        facts = {"before": written(before), "after_at": written(at), "after_id": last}
        rows = self._tx.rows(self._sql.servers, {**facts, "limit": limit})
        return [Gone(uuid, moment(deleted_at), number) for uuid, deleted_at, number in rows]

    def bound(self, uuids: Sequence[str]) -> set[str]:
        return {uuid for each in self._sql.bound for (uuid,) in each.read(self._tx, uuids)}

    def drop_servers(self, uuids: Sequence[str]) -> int:
        for each in self._sql.of_servers:
            each.run(self._tx, uuids)
        return self._sql.drop_servers.run(self._tx, uuids)
