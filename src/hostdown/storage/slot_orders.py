"""Orders to look at slots, and what came of them."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import orjson
from sqlalchemy import bindparam, select

from hostdown.domain.slots import Do, Said
from hostdown.domain.watchdog import Renewal
from hostdown.services.watchdog_ports import SlotOrder
from hostdown.storage.sql import ZERO, Compiler
from hostdown.storage.transaction import Row, Transaction
from hostdown.storage.types import moment, moment_or_none, written
from hostdown.storage.watchdog_tables import slot_orders

_C = slot_orders.c
_MADE = ["recovery", "host_id", "boot", "pool", "reader", "do", "issued_at"]
_SHOWN = ["id", *_MADE, "answer", "answered_at"]


class SlotOrderSql:
    """The statements of `SqlSlotOrderRows`."""

    def __init__(self, sql: Compiler) -> None:
        shown = select(*(_C[name] for name in _SHOWN)).order_by(_C.id)
        self.add = sql.text(sql.insert(slot_orders, _MADE))
        open_ = _C.reader == bindparam("reader"), _C.answered_at.is_(None)
        fresh = shown.where(*open_, _C.issued_at >= bindparam("since"))
        self.waiting = sql.text(fresh.limit(bindparam("most")).offset(ZERO))
        answered = slot_orders.update().where(_C.id == bindparam("id"), *open_)
        self.answer = sql.text(
            answered.values(answer=bindparam("answer"), answered_at=bindparam("at"))
        )
        of_recovery = _C.recovery == bindparam("recovery")
        self.of = sql.text(shown.where(of_recovery))
        self.drop = sql.text(slot_orders.delete().where(of_recovery, _C.do == bindparam("do")))


class SqlSlotOrderRows:
    """`services.watchdog_ports.SlotOrderRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: SlotOrderSql) -> None:
        self._tx = tx
        self._sql = sql

    def add(self, orders: Sequence[SlotOrder]) -> None:
        rows = [
            {name: getattr(each, name) for name in _MADE} | {"issued_at": written(each.issued_at)}
            for each in orders
        ]
        if rows:
            self._tx.many(self._sql.add, rows)

    def waiting(self, reader: str, since: datetime, limit: int) -> list[SlotOrder]:
        facts = {"reader": reader, "since": written(since), "most": limit}
        return _orders(self._tx.rows(self._sql.waiting, facts))

    def answer(self, number: int, reader: str, said: Said, now: datetime) -> bool:
        renewal = None if said.renewal is None else said.renewal._asdict()
        text = orjson.dumps(said._asdict() | {"renewal": renewal}).decode()
        facts = {"id": number, "reader": reader, "answer": text, "at": written(now)}
        return self._tx.run(self._sql.answer, facts) == 1

    def of(self, recovery: int) -> list[SlotOrder]:
        return _orders(self._tx.rows(self._sql.of, {"recovery": recovery}))

    def drop(self, recovery: int, do: Do) -> None:
        self._tx.run(self._sql.drop, {"recovery": recovery, "do": do.value})


def _orders(rows: Iterable[Row]) -> list[SlotOrder]:
    return [
        SlotOrder(
            number,
            recovery,
            host_id,
            boot,
            pool,
            reader,
            Do(do),
            moment(issued_at),
            _said(answer),
            moment_or_none(answered_at),
        )
        for (
            number,
            recovery,
            host_id,
            boot,
            pool,
            reader,
            do,
            issued_at,
            answer,
            answered_at,
        ) in rows
    ]


def _said(text: str | None) -> Said | None:
    if text is None:
        return None
    fields = orjson.loads(text)
    renewal = fields["renewal"]
    return Said(**fields | {"renewal": None if renewal is None else Renewal(**renewal)})
