"""The boots that the hosts of the directory had."""

from sqlalchemy import bindparam, select

from hostdown.domain.boots import Boot
from hostdown.storage.boot_tables import host_boots
from hostdown.storage.sql import Compiler
from hostdown.storage.transaction import Transaction
from hostdown.storage.types import moment, written


class BootSql:
    """The statements of `SqlBootRows`."""

    def __init__(self, sql: Compiler) -> None:
        self.of = sql.text(
            select(*(host_boots.c[name] for name in Boot._fields))
            .where(host_boots.c.host_id == bindparam("host_id"))
            .order_by(host_boots.c.number)
        )
        self.add = sql.text(sql.insert(host_boots, ["host_id", *Boot._fields]))


class SqlBootRows:
    """`services.directory_ports.BootRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: BootSql) -> None:
        self._tx = tx
        self._sql = sql

    def of(self, host_id: str) -> list[Boot]:
        rows = self._tx.rows(self._sql.of, {"host_id": host_id})
        return [
            Boot(number, boot_id, session, moment(began))
            for number, boot_id, session, began in rows
        ]

    def add(self, host_id: str, boot: Boot) -> None:
        facts = {**boot._asdict(), "began_at": written(boot.began_at)}
        self._tx.run(self._sql.add, {"host_id": host_id, **facts})
