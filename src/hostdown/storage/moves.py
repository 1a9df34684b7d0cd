"""The migrations of a cell."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from sqlalchemy import BigInteger, ColumnElement, Select, and_, bindparam, false, func, or_, select

from hostdown.domain.migration import ENDED, Migration, MigrationType, Status, Step, Wish
from hostdown.domain.model import Flavor
from hostdown.services.migration_ports import MigrationQuery, Promised
from hostdown.storage.cell_tables import instances
from hostdown.storage.migration_tables import migrations
from hostdown.storage.overwrite import Overwrite
from hostdown.storage.sql import ZERO, Compiler, one_of, padded
from hostdown.storage.transaction import Row, Transaction
from hostdown.storage.types import moment, moment_or_none, storable, written, written_or_none

_C = migrations.c
_COLUMNS = [column.name for column in _C]
_SHOWN = [_C[name] for name in _COLUMNS if name != "open_key"]
_KEPT = [name for name in _COLUMNS if name != "id"]
_COLUMNS_OF = {
    "instance": ["instance_uuid", "open_key"],
    "status": ["status", "open_key"],
    "deleted": ["deleted", "open_key"],
}
SHAPES_MAX = 256
"""Forms of a query of which a worker remembers the statement: compiling one takes 1 ms."""


def _migration(row: Row) -> Migration:
    (key, uuid, instance, kind, status, source, source_node, dest, dest_node, dest_ip) = row[:10]
    (user, project, request, created, updated, deleted, wish, old, new) = row[10:19]
    (generation, source_number, tried, reason, priority, step, due, progress, revision) = row[19:]
    return Migration(
        key,
        uuid,
        instance,
        MigrationType(kind),
        Status(status),
        source,
        source_node,
        dest,
        dest_node,
        dest_ip,
        user,
        project,
        request,
        moment(created),
        moment_or_none(updated),
        deleted == 1,
        Wish(*orjson.loads(wish)),
        _flavor(old),
        _flavor(new),
        generation,
        source_number,
        orjson.loads(tried),
        reason,
        priority,
        Step(step),
        moment_or_none(due),
        None if progress is None else orjson.loads(progress),
        revision,
    )


def _flavor(text: str | None) -> Flavor | None:
    return None if text is None else Flavor(*orjson.loads(text))


def _row_of(of: Migration) -> dict[str, object]:
    moves = of.status not in ENDED and not of.deleted
    return {
        "uuid": of.uuid,
        "instance_uuid": of.instance,
        "type": of.type.value,
        "status": of.status.value,
        "source_host": of.source_host,
        "source_node": of.source_node,
        "dest_host": of.dest_host,
        "dest_node": of.dest_node,
        "dest_ip": of.dest_ip,
        "user_id": of.user_id,
        "project_id": of.project_id,
        "request_id": of.request_id,
        "created_at": written(of.created_at),
        "updated_at": written_or_none(of.updated_at),
        "deleted": of.deleted,
        "wish": orjson.dumps(list(of.wish)).decode(),
        "old_flavor": of.old_flavor and orjson.dumps(list(of.old_flavor)).decode(),
        "new_flavor": of.new_flavor and orjson.dumps(list(of.new_flavor)).decode(),
        "generation": of.generation,
        "source_number": of.source_number,
        "tried": orjson.dumps(dict(of.tried)).decode(),
        "reason": of.reason,
        "priority": of.priority,
        "step": of.step.value,
        "due_at": written_or_none(of.due_at),
        "progress": None if of.progress is None else orjson.dumps(dict(of.progress)).decode(),
        "revision": of.revision,
        "open_key": of.instance if moves else None,
    }


class _Shape(NamedTuple):
    """What of a query its statement depends on."""

    equal: tuple[tuple[str, int], ...]
    host: bool
    since: bool
    before: bool
    after: bool
    limit: bool
    oldest_first: bool


def _statement(shape: _Shape) -> Select[tuple[object, ...]]:
    where: list[ColumnElement[bool]] = [_C.deleted == false()]
    for number, (name, count) in enumerate(shape.equal):
        where.append(one_of(_C[name], f"equal_{number}", count))
    changed = (_C.updated_at, _C.created_at)
    host, since, before = map(_param, ("host", "since", "before"))
    asked: tuple[tuple[bool, ColumnElement[bool]], ...] = (
        (shape.host, or_(_C.source_host == host, _C.dest_host == host)),
        (shape.since, or_(*(column >= since for column in changed))),
        (shape.before, and_(*(or_(column.is_(None), column <= before) for column in changed))),
        (shape.after, _behind()),
    )
    where += [way for given, way in asked if given]
    order = [_C.id] if shape.oldest_first else [_C.created_at.desc(), _C.id.desc(), _C.uuid]
    found = select(*_SHOWN).where(*where).order_by(*order)
    if not shape.limit:
        return found
    return found.offset(ZERO).limit(bindparam("limit", type_=BigInteger))


def _param(name: str) -> ColumnElement[Any]:
    return bindparam(name)


def _behind() -> ColumnElement[bool]:
    """What follows a migration of any cell: two cells may have made theirs under one number.

    By the first comparison an index finds where the page begins.
    """
    at, key, uuid = map(_param, ("after_at", "after_id", "after_uuid"))
    lower = or_(_C.id < key, and_(_C.id == key, _C.uuid > uuid))
    return and_(_C.created_at <= at, or_(_C.created_at < at, lower))


class MoveSql:
    """The statements of `SqlMigrationRows`."""

    def __init__(self, sql: Compiler) -> None:
        self.query = lru_cache(SHAPES_MAX)(lambda shape: sql.text(_statement(shape)))
        kept = _C.deleted == false()
        self.get = sql.text(select(*_SHOWN).where(_C.uuid == bindparam("uuid"), kept))
        self.open = sql.text(select(*_SHOWN).where(_C.open_key == bindparam("instance")))
        self.due = sql.text(
            select(*_SHOWN)
            .where(_C.step == bindparam("step"), _C.due_at <= bindparam("now"), kept)
            .order_by(_C.priority.desc(), _C.id)
            .offset(ZERO)
            .limit(bindparam("limit", type_=BigInteger))
        )
        self.under_way = sql.text(
            select(_C.dest_host, func.count())
            .where(_C.step == bindparam("step"), _C.dest_host.is_not(None), kept)
            .group_by(_C.dest_host)
        )
        self.add = sql.text(sql.insert_new(migrations, _KEPT, ["open_key"]))
        self.replace = Overwrite(sql, migrations, _COLUMNS_OF)
        self.moving = sql.text(
            select(
                instances.c.host,
                instances.c.vcpus,
                instances.c.memory_mb,
                instances.c.root_gb,
                *_SHOWN,
            )
            .join_from(migrations, instances, instances.c.uuid == _C.instance_uuid)
            .where(_C.open_key.is_not(None), _C.dest_host.is_not(None))
        )


class SqlMigrationRows:
    """`services.migration_ports.MigrationRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: MoveSql) -> None:
        self._tx = tx
        self._sql = sql

    def find(self, query: MigrationQuery) -> list[Migration]:
        named = [str(value) for _, values in query.equal for value in values]
        if not storable(*named, query.host):
            return []
        shape = _Shape(
            tuple((name, len(padded(values))) for name, values in query.equal),
            query.host is not None,
            query.changed_since is not None,
            query.changed_before is not None,
            query.after is not None,
            query.limit is not None,
            query.oldest_first,
        )
        return self._many(self._sql.query(shape), _params(query))

    def get(self, uuid: str) -> Migration | None:
        return self._one(self._sql.get, {"uuid": uuid}) if storable(uuid) else None

    def open(self, instance: str) -> Migration | None:
        return self._one(self._sql.open, {"instance": instance}) if storable(instance) else None

    def due(self, step: Step, now: datetime, limit: int) -> list[Migration]:
        facts: dict[str, object] = {"step": step.value, "now": written(now), "limit": limit}
        return self._many(self._sql.due, facts)

    def under_way(self) -> dict[str, int]:
        rows = self._tx.rows(self._sql.under_way, {"step": Step.WATCH.value})
        return {host: int(count) for host, count in rows}

    def add(self, made: Migration) -> Migration | None:
        # Whoever adds one at the same moment waits here, and then has added nothing.
        self._tx.run(self._sql.add, _row_of(made))
        return self.get(made.uuid)

    def replace(self, seen: Migration, after: Migration) -> Migration | None:
        after = after._replace(revision=seen.revision + 1)
        written = self._sql.replace.run(self._tx, seen, after, _row_of(after))
        return after if written else None

    def promised(self) -> list[Promised]:
        sums: dict[str, list[int]] = {}
        for host, *sizes_and_row in self._tx.rows(self._sql.moving, {}):
            sizes, of = sizes_and_row[:3], _migration(tuple(sizes_and_row[3:]))
            elsewhere = of.source_host if host == of.dest_host else str(of.dest_host)
            if elsewhere == host:
                continue
            flavor = of.old_flavor if host == of.dest_host else of.new_flavor
            if flavor is not None:
                sizes = [flavor.vcpus, flavor.memory_mb, flavor.root_gb]
            known = sums.setdefault(elsewhere, [0, 0, 0, 0])
            sums[elsewhere] = [a + b for a, b in zip(known, [1, *sizes], strict=True)]
        return [Promised(host, *each) for host, each in sorted(sums.items())]

    def _one(self, statement: str, facts: dict[str, object]) -> Migration | None:
        row = self._tx.row(statement, facts)
        return None if row is None else _migration(row)

    def _many(self, statement: str, facts: dict[str, object]) -> list[Migration]:
        rows: Iterable[Row] = self._tx.rows(statement, facts)
        return [_migration(row) for row in rows]


def _params(query: MigrationQuery) -> dict[str, object]:
    after = query.after
    single = (
        ("host", query.host),
        ("since", query.changed_since and written(query.changed_since)),
        ("before", query.changed_before and written(query.changed_before)),
        ("after_at", after and written(after.created_at)),
        ("after_id", after and after.id),
        ("after_uuid", after and after.uuid),
        ("limit", query.limit),
    )
    params: dict[str, object] = {name: value for name, value in single if value is not None}
    for number, (_, values) in enumerate(query.equal):
        for place, value in enumerate(padded(values)):
            params[f"equal_{number}_{place}"] = value
    return params
