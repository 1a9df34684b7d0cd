"""Aggregates, and the zones that they make.

The number of the row `aggregates` of `revisions`, which is also their lock, tells when a remembered
zone map is old. Whatever consists of several tables' rows is read by one
statement, so that it is of one moment on every database.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, Select, bindparam, literal_column, select, union_all

from hostdown.domain.aggregate_errors import AggregateNameTaken
from hostdown.domain.model import ZONE_KEY, Aggregate
from hostdown.storage.directory_tables import (
    aggregate_hosts,
    aggregate_metadata,
    aggregates,
    revisions,
)
from hostdown.storage.locks import LockSql
from hostdown.storage.sql import ZERO, Compiler, parameters
from hostdown.storage.transaction import Row, Transaction, unique
from hostdown.storage.types import ID_MAX, moment, moment_or_none, written, written_or_none

REVISION = "aggregates"

_ONE: ColumnElement[int] = literal_column("1")
_TWO: ColumnElement[int] = literal_column("2")
_NULL: ColumnElement[str] = literal_column("NULL")
_OUR_REVISION = revisions.c.name == literal_column(f"'{REVISION}'")
_IS_ZONE = aggregate_metadata.c.key == literal_column(f"'{ZONE_KEY}'")


class AggregateSql:
    """The statements of `SqlAggregateRows`."""

    def __init__(self, sql: Compiler) -> None:
        mine = aggregate_metadata.c.aggregate_id == bindparam("id")
        hosted = aggregate_hosts.c.aggregate_id == bindparam("id")
        this = aggregates.c.id == bindparam("id")
        self.lock = LockSql(sql, REVISION)
        self.count = sql.text(
            revisions.update().where(_OUR_REVISION).values(number=revisions.c.number + _ONE)
        )
        self.all = sql.many(_parts([], [], []))
        self.one = sql.text(_parts([this], [hosted], [mine]))
        self.add = sql.text(sql.insert(aggregates, ["uuid", "name", "created_at", "updated_at"]))
        self.id = sql.text(select(aggregates.c.id).where(aggregates.c.uuid == bindparam("uuid")))
        self.change = sql.text(
            aggregates.update().where(this).values(parameters(["name", "updated_at"]))
        )
        self.remove = sql.text(aggregates.delete().where(this))
        self.add_host = sql.text(sql.insert(aggregate_hosts, ["aggregate_id", "host"]))
        self.remove_host = sql.text(
            aggregate_hosts.delete().where(hosted, aggregate_hosts.c.host == bindparam("host"))
        )
        columns, key = ["aggregate_id", "key", "value"], ["aggregate_id", "key"]
        self.put = sql.text(sql.upsert(aggregate_metadata, columns, key))
        self.drop = sql.text(
            aggregate_metadata.delete().where(mine, aggregate_metadata.c.key == bindparam("key"))
        )


def _parts(
    these: Sequence[ColumnElement[bool]],
    hosted: Sequence[ColumnElement[bool]],
    described: Sequence[ColumnElement[bool]],
) -> Select[tuple[object, ...]]:
    """Aggregates, then their hosts, then their metadata, in one list."""
    a, h, m = aggregates.c, aggregate_hosts.c, aggregate_metadata.c
    parts = union_all(
        select(
            ZERO.label("kind"),
            a.id.label("aggregate_id"),
            ZERO.label("position"),
            a.uuid.label("first"),
            a.name.label("second"),
            a.created_at.label("third"),
            a.updated_at.label("fourth"),
        ).where(*these),
        select(_ONE, h.aggregate_id, h.id, h.host, _NULL, _NULL, _NULL).where(*hosted),
        select(_TWO, m.aggregate_id, ZERO, m.key, m.value, _NULL, _NULL).where(*described),
    ).subquery("parts")
    return select(*parts.c).order_by(*list(parts.c)[:4])


def _assembled(rows: Sequence[Row]) -> list[Aggregate]:
    made: dict[int, Row] = {}
    hosts: dict[int, list[str]] = {}
    metadata: dict[int, dict[str, str]] = {}
    for kind, key, _, first, second, third, fourth in rows:
        if kind == 0:
            made[key] = (first, second, third, fourth)
            hosts[key], metadata[key] = [], {}
        elif kind == 1:
            hosts[key].append(first)
        else:
            metadata[key][first] = second
    return [
        Aggregate(
            key, uuid, name, tuple(hosts[key]), metadata[key], moment(at), moment_or_none(changed)
        )
        for key, (uuid, name, at, changed) in made.items()
    ]


class SqlAggregateRows:
    """`services.aggregate_ports.AggregateRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: AggregateSql) -> None:
        self._tx = tx
        self._sql = sql

    def lock(self) -> None:
        self._sql.lock.take(self._tx)

    def all(self) -> list[Aggregate]:
        return _assembled(self._sql.all.read(self._tx, {}))

    def get(self, aggregate_id: int) -> Aggregate | None:
        if abs(aggregate_id) > ID_MAX:
            return None
        found = _assembled(self._tx.rows(self._sql.one, {"id": aggregate_id}))
        return found[0] if found else None

    def add(self, made: Aggregate) -> Aggregate:
        facts = {"uuid": made.uuid, "name": made.name, "created_at": written(made.created_at)}
        with unique(AggregateNameTaken(name=made.name)):
            self._tx.run(self._sql.add, {**facts, "updated_at": written_or_none(made.updated_at)})
        added = made._replace(id=self._tx.value(self._sql.id, {"uuid": made.uuid}))
        self._put(added, made.metadata)
        self._count()
        return added

    def replace(self, seen: Aggregate, after: Aggregate) -> None:
        if (seen.name, seen.updated_at) != (after.name, after.updated_at):
            changed = {"name": after.name, "updated_at": written_or_none(after.updated_at)}
            with unique(AggregateNameTaken(name=after.name)):
                self._tx.run(self._sql.change, {"id": seen.id, **changed})
        before, since = set(seen.hosts), set(after.hosts)
        for host in before - since:
            self._tx.run(self._sql.remove_host, {"id": seen.id, "host": host})
        for host in after.hosts:
            if host not in before:
                self._tx.run(self._sql.add_host, {"aggregate_id": seen.id, "host": host})
        for key in seen.metadata.keys() - after.metadata.keys():
            self._tx.run(self._sql.drop, {"id": seen.id, "key": key})
        self._put(seen, dict(after.metadata.items() - seen.metadata.items()))
        self._count()

    def remove(self, aggregate: Aggregate) -> None:
        self.replace(aggregate, aggregate._replace(hosts=(), metadata={}))
        self._tx.run(self._sql.remove, {"id": aggregate.id})

    def _put(self, aggregate: Aggregate, metadata: Mapping[str, str]) -> None:
        for key, value in metadata.items():
            self._tx.run(self._sql.put, {"aggregate_id": aggregate.id, "key": key, "value": value})

    def _count(self) -> None:
        self._tx.run(self._sql.count, {})


class ZoneSql:
    """The statements of `SqlZoneRows`."""

    def __init__(self, sql: Compiler) -> None:
        self.revision = sql.text(select(revisions.c.number).where(_OUR_REVISION))
        zoned = (
            select(aggregate_hosts.c.host, aggregate_metadata.c.value)
            .join(
                aggregate_metadata,
                aggregate_metadata.c.aggregate_id == aggregate_hosts.c.aggregate_id,
            )
            .where(_IS_ZONE)
            .subquery("zoned")
        )
        always = _ONE == _ONE
        self.of_hosts = sql.many(
            select(revisions.c.number, zoned.c.host, zoned.c.value)
            .select_from(revisions.outerjoin(zoned, always))
            .where(_OUR_REVISION)
        )
        by = aggregate_hosts.alias("by")
        makes_zone = aggregate_metadata.c.aggregate_id == by.c.aggregate_id
        zones = (
            select(aggregate_metadata.c.value)
            .select_from(by.join(aggregate_metadata, makes_zone))
            .where(_IS_ZONE)
            .distinct()
        )
        mine = aggregate_hosts.c
        members = select(mine.host).where(mine.aggregate_id == bindparam("id"))
        self.of_host = sql.text(zones.where(by.c.host == bindparam("host")))
        self.of_members = sql.text(
            zones.where(by.c.aggregate_id != bindparam("id"), by.c.host.in_(members))
        )


class SqlZoneRows:
    """`services.aggregate_ports.ZoneRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: ZoneSql) -> None:
        self._tx = tx
        self._sql = sql

    def revision(self) -> int:
        row = self._tx.row(self._sql.revision, {})
        return 0 if row is None else int(row[0])

    def of_hosts(self) -> tuple[int, dict[str, str]]:
        rows = self._sql.of_hosts.read(self._tx, {})
        number = rows[0][0] if rows else 0
        return number, {host: zone for _, host, zone in rows if host is not None}

    def of_host(self, host: str) -> set[str]:
        return {zone for (zone,) in self._tx.rows(self._sql.of_host, {"host": host})}

    def of_members(self, aggregate_id: int) -> set[str]:
        return {zone for (zone,) in self._tx.rows(self._sql.of_members, {"id": aggregate_id})}
