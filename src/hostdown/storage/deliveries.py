"""What is yet to be delivered, and dead letters."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, literal_column, select

from hostdown.domain.deliveries import Channel, Delivery, Ended
from hostdown.services.delivery_ports import DeadLetter, Waiting, Which
from hostdown.storage.delivery_tables import deliveries
from hostdown.storage.sql import ZERO, Compiler
from hostdown.storage.transaction import Row, Transaction
from hostdown.storage.types import moment, moment_or_none, written

_C = deliveries.c
_KEPT = [name for name in Delivery._fields if name != "number"]
_SHOWN = [_C[name] for name in Delivery._fields]


_BURIED = _C.dead_at.is_not(None)
_DEAD = select(*_SHOWN, _C.dead_at, _C.replay_at).where(_BURIED)


def _some(query: Select[Any], *order: ColumnElement[Any]) -> Select[Any]:
    """The first ones, by number unless another order is given."""
    return query.order_by(*(order or (_C.number,))).limit(bindparam("most")).offset(ZERO)


class DeadLetterSql:
    """What is asked of dead letters, each for the columns that they are found by."""

    def __init__(self, sql: Compiler) -> None:
        newest = _C.dead_at.desc(), _C.number.desc()
        counted = select(func.count()).select_from(deliveries).where(_BURIED)
        replay = deliveries.update().where(_BURIED).values(replay_at=bindparam("at"))
        drop = deliveries.delete().where(_BURIED)
        self.newest = cache(lambda *by: sql.text(_some(_DEAD.where(*_have(by)), *newest)))
        self.count = cache(lambda *by: sql.text(counted.where(*_have(by))))
        self.replay = cache(lambda *by: sql.text(replay.where(*_have(by))))
        self.drop = cache(lambda *by: sql.text(drop.where(*_have(by))))


def _have(by: Iterable[str]) -> list[ColumnElement[bool]]:
    return [_C[name] == bindparam(name) for name in by]


def _facts(which: Which) -> dict[str, object]:
    """What they are found by, by column."""
    channel = None if which.channel is None else which.channel.value
    facts = which._replace(channel=None)._asdict() | {"channel": channel}
    return {name: value for name, value in facts.items() if value is not None}


ONE: ColumnElement[int] = literal_column("1")


class DeliverySql:
    """The statements of `SqlDeliveryRows` and `SqlDeadLetterRows`."""

    def __init__(self, sql: Compiler) -> None:
        this, lives = _C.id == bindparam("id"), _C.dead_at.is_(None)
        later = _C.number > bindparam("after")
        to = _C.channel == bindparam("channel")
        shown = _some(select(*_SHOWN).where(later, lives, to))
        self.add = sql.text(sql.insert_new(deliveries, _KEPT, ["id"]))
        self.after = sql.text(shown)
        self.next_of = sql.text(shown.where(_C.receiver == bindparam("receiver")))
        firsts = (
            select(func.min(_C.number).label("first"), func.count().label("count"))
            .where(lives)
            .group_by(_C.channel, _C.receiver)
            .subquery()
        )
        self.waiting = sql.text(
            select(_C.channel, _C.receiver, firsts.c.count, _C.created_at, _C.failure)
            .join(firsts, _C.number == firsts.c.first)
            .order_by(_C.channel, _C.receiver)
        )
        self.drop = sql.text(deliveries.delete().where(this))
        failed = deliveries.update().where(this).values(failure=bindparam("said"))
        self.failed = sql.text(failed)
        self.bury = sql.text(failed.values(dead_at=bindparam("at")))
        self.asked = sql.text(_some(_DEAD.where(_C.replay_at.is_not(None))))
        counted = select(_C.channel, func.count()).where(_BURIED).group_by(_C.channel)
        self.dead_counts = sql.text(counted)
        by_receiver = select(_C.channel, _C.receiver, func.count()).where(_BURIED)
        self.dead_counts_of_receivers = sql.text(by_receiver.group_by(_C.channel, _C.receiver))
        between = _BURIED, to, _C.receiver >= bindparam("first"), _C.receiver <= bindparam("last")
        nth = select(_C.number).where(*between).order_by(_C.number)
        self.dead_nth = sql.text(nth.limit(ONE).offset(bindparam("nth")))
        first_ones = deliveries.delete().where(*between, _C.number <= bindparam("number"))
        self.drop_first = sql.text(first_ones)
        self.dead = DeadLetterSql(sql)
        old = deliveries.delete().where(_C.dead_at < bindparam("before"))
        self.drop_oldest = sql.text(old)


class SqlDeliveryRows:
    """`services.delivery_ports.DeliveryRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: DeliverySql) -> None:
        self._tx = tx
        self._sql = sql

    def add(self, made: Sequence[Delivery]) -> None:
        _add(self._tx, self._sql, made)

    def after(self, channel: Channel, number: int, limit: int) -> list[Delivery]:
        facts = {"after": number, "most": limit, "channel": channel.value}
        return [_delivery(each) for each in self._tx.rows(self._sql.after, facts)]

    def next_of(self, channel: Channel, receiver: str, number: int, limit: int) -> list[Delivery]:
        facts = {"after": number, "most": limit, "channel": channel.value, "receiver": receiver}
        return [_delivery(each) for each in self._tx.rows(self._sql.next_of, facts)]

    def drop(self, ids: Sequence[str]) -> None:
        if ids:
            self._tx.many(self._sql.drop, [{"id": each} for each in ids])

    def failed(self, ended: Iterable[Ended]) -> None:
        facts = [{"id": each.delivery.id, "said": each.reason} for each in ended]
        if facts:
            self._tx.many(self._sql.failed, facts)

    def waiting(self) -> list[Waiting]:
        return [
            Waiting(Channel(channel), receiver, count, moment(since), failure)
            for channel, receiver, count, since, failure in self._tx.rows(self._sql.waiting, {})
        ]


class SqlDeadLetterRows:
    """`services.delivery_ports.DeadLetterRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: DeliverySql) -> None:
        self._tx = tx
        self._sql = sql

    def bury(self, ended: Iterable[Ended], now: datetime) -> None:
        at = written(now)
        facts = [{"id": each.delivery.id, "said": each.reason, "at": at} for each in ended]
        if facts:
            self._tx.many(self._sql.bury, facts)

    def list(self, which: Which, limit: int) -> list[DeadLetter]:
        facts = _facts(which)
        return _dead(self._tx.rows(self._sql.dead.newest(*facts), facts | {"most": limit}))

    def count(self, which: Which) -> int:
        facts = _facts(which)
        count: int = self._tx.value(self._sql.dead.count(*facts), facts)
        return count

    def replay(self, which: Which, now: datetime) -> int:
        facts = _facts(which)
        return self._tx.run(self._sql.dead.replay(*facts), facts | {"at": written(now)})

    def drop(self, which: Which) -> int:
        facts = _facts(which)
        return self._tx.run(self._sql.dead.drop(*facts), facts)

    def raise_up(self, limit: int) -> int:
        found = _dead(self._tx.rows(self._sql.asked, {"most": limit}))
        # One that somebody dropped since it was read stays dropped.
        again = [
            each.delivery._replace(created_at=each.replay_at or each.dead_at)
            for each in found
            if self._tx.run(self._sql.drop, {"id": each.delivery.id})
        ]
        _add(self._tx, self._sql, again)
        return len(again)

    def counts(self) -> Mapping[Channel, int]:
        rows = self._tx.rows(self._sql.dead_counts, {})
        return {Channel(channel): count for channel, count in rows}

    def counts_of_receivers(self) -> Mapping[tuple[Channel, str], int]:
        rows = self._tx.rows(self._sql.dead_counts_of_receivers, {})
        return {(Channel(channel), receiver): count for channel, receiver, count in rows}

    def drop_oldest(self, before: datetime) -> int:
        return self._tx.run(self._sql.drop_oldest, {"before": written(before)})

    def drop_first(self, channel: Channel, first: str, last: str, most: int) -> int:
        which = {"channel": channel.value, "first": first, "last": last}
        row = self._tx.row(self._sql.dead_nth, {**which, "nth": most - 1})
        if row is None:
            return 0
        return self._tx.run(self._sql.drop_first, {**which, "number": row[0]})


def _add(tx: Transaction, sql: DeliverySql, made: Sequence[Delivery]) -> None:
    facts = [
        {
            **{name: getattr(each, name) for name in _KEPT},
            "channel": each.channel.value,
            "body": each.body.decode(),
            "created_at": written(each.created_at),
        }
        for each in made
    ]
    if facts:
        tx.many(sql.add, facts)


def _dead(rows: Iterable[Row]) -> list[DeadLetter]:
    return [
        DeadLetter(_delivery(row[:-2]), moment(row[-2]), moment_or_none(row[-1])) for row in rows
    ]


def _delivery(row: Row) -> Delivery:
    number, own, channel, receiver, lane, batch, target, body, created_at, failure, event = row
    return Delivery(
        number, own, Channel(channel), receiver, lane, batch, target, body.encode(),
        moment(created_at), failure, event,
    )  # fmt: skip
