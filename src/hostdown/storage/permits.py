"""Who may run what, and the numbers of the commits that hosts must hear of."""

from collections.abc import Collection, Iterable, Sequence
from uuid import uuid4

import orjson
from sqlalchemy import ColumnElement, Select, bindparam, false, null, select, true
from sqlalchemy.sql.elements import ClauseElement

from hostdown.domain.assignment import Holder
from hostdown.domain.instance import RUN, Ended, Instance, Permit, PermitState
from hostdown.domain.permit_errors import PermitOpen
from hostdown.storage.cell_tables import instances, permits
from hostdown.storage.instances import instances_of
from hostdown.storage.ledger_tables import host_assignments, ledger
from hostdown.storage.sql import AnyOf, Compiler
from hostdown.storage.transaction import Row, Transaction
from hostdown.storage.types import moment, storable, written

_C = permits.c
_SHOWN = [column for column in permits.c if column.name not in ("ended_at", "open_key")]
_NOT_ADDED = ("id", "ended_by", "ended_at", "asked_back")
_ADDED = [column.name for column in permits.c if column.name not in _NOT_ADDED]
LEDGER = "cell"
"""The name of the ledger's one row."""


def _permit(row: Row) -> Permit:
    *facts, over, disk, data_gen, state, ended_by, created_at, asked_back = row
    ended = None
    if ended_by is not None:
        kind, by, at, *claimed = orjson.loads(ended_by)
        ended = Ended(kind, by, moment(at), *claimed)
    holders = tuple(Holder(*each) for each in orjson.loads(over))
    made = moment(created_at)
    return Permit._make((*facts, holders, disk, data_gen, state, ended, made, asked_back == 1))


class PermitSql:
    """The statements of `SqlPermitRows`."""

    def __init__(self, sql: Compiler) -> None:
        of_one = _C.instance_uuid == bindparam("instance")
        self.of_instance = sql.text(find_permits(of_one).order_by(_C.generation, _C.id))
        self.of_instances = AnyOf(
            sql,
            _C.instance_uuid,
            lambda which: find_permits(which).order_by(_C.generation, _C.id),
        )
        unended = _C.state != bindparam("ended")
        self.held = sql.text(
            find_permits(_C.host_id == bindparam("host_id"), unended).order_by(_C.instance_uuid)
        )
        self.assigned = sql.text(
            select(*_SHOWN, *instances.c)
            .join_from(permits, instances, instances.c.uuid == _C.instance_uuid)
            .where(_C.host_id == bindparam("host_id"), unended)
            .order_by(_C.instance_uuid)
        )
        self.open = sql.text(find_permits(_C.open_key == bindparam("instance")))
        self.add = sql.text(sql.insert(permits, _ADDED))
        seen = _C.id == bindparam("id")
        self.claimed = sql.text(
            permits.update()
            .where(seen, _C.state == bindparam("granted"))
            .values(state=bindparam("claimed"))
        )
        self.ask_back = sql.text(permits.update().where(seen, unended).values(asked_back=true()))
        self.promote = sql.text(
            permits.update()
            .where(seen, unended)
            .values(kind=bindparam("run"), open_key=bindparam("instance"), asked_back=false())
        )
        self.end = sql.text(_end(seen, unended))


def _end(*where: ColumnElement[bool]) -> ClauseElement:
    return (
        permits.update()
        .where(*where)
        .values(
            state=bindparam("state"),
            ended_by=bindparam("ended_by"),
            ended_at=bindparam("ended_at"),
            open_key=null(),
        )
    )


def find_permits(*where: ColumnElement[bool]) -> Select[tuple[object, ...]]:
    """The query for permits of which this holds."""
    return select(*_SHOWN).where(*where)


class SqlPermitRows:
    """`services.instance_ports.PermitRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: PermitSql) -> None:
        self._tx = tx
        self._sql = sql

    def of_instance(self, uuid: str) -> list[Permit]:
        return permits_of(self._tx.rows(self._sql.of_instance, {"instance": uuid}))

    def of_instances(self, uuids: Collection[str]) -> dict[str, list[Permit]]:
        found: dict[str, list[Permit]] = {uuid: [] for uuid in uuids}
        for each in permits_of(self._sql.of_instances.read(self._tx, list(found))):
            found[each.instance].append(each)
        return found

    def held(self, host_id: str) -> list[Permit]:
        return permits_of(self._of_host(self._sql.held, host_id))

    def assigned(self, host_id: str) -> list[tuple[Permit, Instance]]:
        rows = self._of_host(self._sql.assigned, host_id)
        found = instances_of(row[len(_SHOWN) :] for row in rows)
        return list(zip(permits_of(row[: len(_SHOWN)] for row in rows), found, strict=True))

    def _of_host(self, statement: str, host_id: str) -> Sequence[Row]:
        if not storable(host_id):
            return []
        facts = {"host_id": host_id, "ended": PermitState.ENDED.value}
        return self._tx.rows(statement, facts)

    def add(self, made: Permit) -> None:
        opened = self._tx.row(self._sql.open, {"instance": made.instance})
        if made.kind == RUN and opened is not None:
            held = _permit(opened)
            raise PermitOpen(instance=made.instance, host=held.host, generation=held.generation)
        over = [list(holder) for holder in made.over]
        self._tx.run(
            self._sql.add,
            {
                "instance_uuid": made.instance,
                "generation": made.generation,
                "host_id": made.host_id,
                "host": made.host,
                "boot": made.boot,
                "kind": made.kind,
                "over": orjson.dumps(over).decode(),
                "disk": made.disk,
                "data_gen": made.data_gen,
                "state": made.state,
                "created_at": written(made.created_at),
                "open_key": made.instance if made.kind == RUN else None,
            },
        )

    def claimed(self, seen: Permit) -> bool:
        states = {"granted": PermitState.GRANTED.value, "claimed": PermitState.CLAIMED.value}
        return self._tx.run(self._sql.claimed, {"id": seen.id, **states}) == 1

    def ask_back(self, seen: Permit) -> bool:
        facts = {"id": seen.id, "ended": PermitState.ENDED.value}
        return self._tx.run(self._sql.ask_back, facts) == 1

    def promote(self, seen: Permit) -> Permit | None:
        facts = {"id": seen.id, "ended": PermitState.ENDED.value}
        run = {"run": RUN, "instance": seen.instance}
        if not self._tx.run(self._sql.promote, {**facts, **run}):
            return None
        return seen._replace(kind=RUN, asked_back=False)

    def end(self, seen: Permit, ended: Ended) -> bool:
        at = written(ended.at)
        facts = {
            "id": seen.id,
            "ended": PermitState.ENDED.value,
            "state": PermitState.ENDED.value,
            "ended_by": ended_text(ended._replace(claimed=seen.confirmed)),
            "ended_at": at,
        }
        return self._tx.run(self._sql.end, facts) == 1


def ended_text(ended: Ended) -> str:
    """As it is kept; `_permit` reads it."""
    kind, by, at, claimed = ended
    return orjson.dumps([kind, by, written(at), claimed]).decode()


def permits_of(rows: Iterable[Row]) -> list[Permit]:
    """What such a query finds."""
    return [_permit(row) for row in rows]


class LedgerSql:
    """The statements of `SqlLedger`."""

    def __init__(self, sql: Compiler) -> None:
        mine = ledger.c.name == bindparam("name")
        columns = ["name", "database_id", "number"]
        self.make = sql.text(sql.insert_new(ledger, columns, ["name"]))
        self.raise_it = sql.text(
            ledger.update().where(mine).values(number=ledger.c.number + bindparam("by"))
        )
        self.read = sql.text(select(ledger.c.database_id, ledger.c.number).where(mine))
        self.changed = sql.text(sql.upsert(host_assignments, ["host_id", "version"], ["host_id"]))
        self.named = sql.text(
            select(_C.host_id)
            .distinct()
            .where(_C.host == bindparam("host"), _C.state != bindparam("ended"))
        )
        version = host_assignments.c.version
        self.since = sql.text(
            select(host_assignments.c.host_id, version)
            .where(version > bindparam("number"))
            .order_by(version)
        )
        self.asked = sql.text(select(ledger.c.asked).where(mine))


class SqlLedger:
    """`services.instance_ports.Ledger` in a transaction."""

    __slots__ = ("_sql", "_told", "_tx")

    def __init__(self, tx: Transaction, sql: LedgerSql) -> None:
        self._tx = tx
        self._sql = sql
        self._told: set[tuple[str, int]] = set()

    def next(self) -> int:
        if not self._tx.run(self._sql.raise_it, {"name": LEDGER, "by": 1}):
            made = {"name": LEDGER, "database_id": str(uuid4()), "number": 0}
            self._tx.run(self._sql.make, made)
            self._tx.run(self._sql.raise_it, {"name": LEDGER, "by": 1})
        _, number = self.now()
        if not number:
            raise RuntimeError("the ledger that was just raised is not there")
        return number

    def now(self) -> tuple[str, int]:
        row = self._tx.row(self._sql.read, {"name": LEDGER})
        return ("", 0) if row is None else (row[0], int(row[1]))

    def changed(self, host_ids: Sequence[str], number: int) -> None:
        for host_id in sorted(set(host_ids)):
            if (host_id, number) not in self._told:
                self._tx.run(self._sql.changed, {"host_id": host_id, "version": number})
                self._told.add((host_id, number))

    def changed_on(self, host: str, number: int) -> None:
        facts = {"host": host, "ended": PermitState.ENDED.value}
        self.changed([host_id for (host_id,) in self._tx.rows(self._sql.named, facts)], number)

    def changed_since(self, number: int) -> list[tuple[str, int]]:
        row = self._tx.row(self._sql.asked, {"name": LEDGER})
        asked = 0 if row is None else int(row[0])
        everybody = asked > number  # they were all asked what they have
        rows = self._tx.rows(self._sql.since, {"number": -1 if everybody else number})
        found = [(host_id, max(int(version), asked)) for host_id, version in rows]
        return sorted(found, key=lambda each: each[1])
