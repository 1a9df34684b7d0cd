"""The observers of the directory."""

from sqlalchemy import bindparam, select

from hostdown.services.observer_ports import Observer
from hostdown.storage.directory_tables import observers
from hostdown.storage.sql import Compiler
from hostdown.storage.transaction import Row, Transaction
from hostdown.storage.types import moment, storable, written

_BETWEEN = ","
"""No address has one."""


class ObserverSql:
    """The statements of `SqlObserverRows`."""

    def __init__(self, sql: Compiler) -> None:
        shown = select(*(observers.c[name] for name in Observer._fields))
        self.all = sql.text(shown.order_by(observers.c.host))
        self.get = sql.text(shown.where(observers.c.host == bindparam("host")))
        self.put = sql.text(sql.upsert(observers, Observer._fields, ["host"]))


class SqlObserverRows:
    """`services.observer_ports.ObserverRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: ObserverSql) -> None:
        self._tx = tx
        self._sql = sql

    def put(self, observer: Observer) -> None:
        facts = observer._asdict() | {
            "started_at": written(observer.started_at),
            "addresses": _BETWEEN.join(observer.addresses),
        }
        self._tx.run(self._sql.put, facts)

    def get(self, host: str) -> Observer | None:
        row = self._tx.row(self._sql.get, {"host": host}) if storable(host) else None
        return None if row is None else _observer(row)

    def all(self) -> list[Observer]:
        return [_observer(row) for row in self._tx.rows(self._sql.all, {})]


def _observer(row: Row) -> Observer:
    host, port, epoch, started_at, addresses = row
    where = tuple(filter(None, addresses.split(_BETWEEN)))
    return Observer(host, port, bytes(epoch), moment(started_at), where)
