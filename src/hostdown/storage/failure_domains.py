"""The failure domains that operators put hosts into.

Who remembers the map of zones and domains asks for one number whether it is old: the aggregates'.
"""

from sqlalchemy import bindparam, select

from hostdown.storage.aggregates import AggregateSql
from hostdown.storage.failure_domain_tables import failure_domains
from hostdown.storage.sql import Compiler
from hostdown.storage.transaction import Transaction

_C = failure_domains.c


class FailureDomainSql:
    """The statements of `SqlFailureDomainRows`."""

    def __init__(self, sql: Compiler, aggregates: AggregateSql) -> None:
        self.all = sql.text(select(_C.host, _C.domain))
        self.put = sql.text(sql.upsert(failure_domains, ["host", "domain"], ["host"]))
        self.drop = sql.text(failure_domains.delete().where(_C.host == bindparam("host")))
        self.lock, self.count = aggregates.lock, aggregates.count


class SqlFailureDomainRows:
    """`services.aggregate_ports.FailureDomainRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: FailureDomainSql) -> None:
        self._tx = tx
        self._sql = sql

    def all(self) -> dict[str, str]:
        return {host: domain for host, domain in self._tx.rows(self._sql.all, {})}

    def put(self, host: str, domain: str | None) -> None:
        self._sql.lock.take(self._tx)
        if domain is None:
            self._tx.run(self._sql.drop, {"host": host})
        else:
            self._tx.run(self._sql.put, {"host": host, "domain": domain})
        self._tx.run(self._sql.count, {})
