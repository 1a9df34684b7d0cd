"""How events were told, and how long that took."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, case, or_, select

from hostdown.domain.deliveries import Ended, Telling
from hostdown.storage.delivery_tables import tellings
from hostdown.storage.sql import ZERO, Compiler
from hostdown.storage.transaction import Transaction
from hostdown.storage.types import moment, moment_or_none, written, written_or_none

_C = tellings.c


class TellingSql:
    """The statements of `SqlTellingRows`."""

    def __init__(self, sql: Compiler) -> None:
        first: ColumnElement[str] = bindparam("first")
        last: ColumnElement[str] = bindparam("last")
        later = case((or_(_C.last_at.is_(None), _C.last_at < last), last), else_=_C.last_at)
        sooner = case((or_(_C.first_at.is_(None), _C.first_at > first), first), else_=_C.first_at)
        this = tellings.update().where(_C.event == bindparam("told"))
        self.add = sql.text(sql.insert_new(tellings, Telling._fields, ["event"]))
        self.arrived = sql.text(
            this.values(taken=_C.taken + bindparam("count"), first_at=sooner, last_at=later)
        )
        shown = select(*(_C[name] for name in Telling._fields)).where(
            _C.host == bindparam("host"), _C.happened_at >= bindparam("since")
        )
        ordered = shown.order_by(_C.happened_at, _C.event)
        self.of_host = sql.text(ordered.limit(bindparam("most")).offset(ZERO))
        self.drop = sql.text(tellings.delete().where(_C.happened_at < bindparam("before")))


class SqlTellingRows:
    """`services.delivery_ports.TellingRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: TellingSql) -> None:
        self._tx = tx
        self._sql = sql

    def add(self, made: Sequence[Telling]) -> None:
        facts = [
            {
                **each._asdict(),
                "happened_at": written(each.happened_at),
                "distributed_at": written(each.distributed_at),
                "first_at": written_or_none(each.first_at),
                "last_at": written_or_none(each.last_at),
            }
            for each in made
        ]
        if facts:
            self._tx.many(self._sql.add, facts)

    def arrived(self, ended: Iterable[Ended]) -> None:
        times: dict[str, list[str]] = {}
        for each in ended:
            if each.at is not None:
                times.setdefault(each.delivery.event, []).append(written(each.at))
        facts = [
            {"told": event, "count": len(at), "first": min(at), "last": max(at)}
            for event, at in times.items()
        ]
        if facts:
            self._tx.many(self._sql.arrived, facts)

    def of_host(self, host: str, since: datetime, limit: int) -> list[Telling]:
        facts = {"host": host, "since": written(since), "most": limit}
        return [
            Telling(
                event, at, kind, moment(happened), moment(distributed), receivers, taken,
                moment_or_none(first), moment_or_none(last),
            )
            for (
                event, at, kind, happened, distributed, receivers, taken, first, last
            ) in self._tx.rows(self._sql.of_host, facts)
        ]  # fmt: skip

    def drop_oldest(self, before: datetime) -> int:
        return self._tx.run(self._sql.drop, {"before": written(before)})
