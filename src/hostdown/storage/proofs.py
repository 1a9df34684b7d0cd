"""The proofs of a cell."""

import orjson
from sqlalchemy import bindparam, func, select

from hostdown.services.permit_ports import Proof
from hostdown.storage.cell_tables import proofs
from hostdown.storage.sql import Compiler
from hostdown.storage.transaction import Transaction
from hostdown.storage.types import moment, written

_FIELDS = list(Proof._fields)


class ProofSql:
    """The statements of `SqlProofRows`."""

    def __init__(self, sql: Compiler) -> None:
        of_host = proofs.c.host_id == bindparam("host_id")
        self.add = sql.text(sql.insert(proofs, _FIELDS))
        self.newest = sql.text(select(func.max(proofs.c.id)).where(of_host))
        self.covering = sql.text(
            select(proofs.c.id, *(proofs.c[name] for name in _FIELDS))
            .where(of_host, proofs.c.boot >= bindparam("boot"))
            .order_by(proofs.c.id)
        )


class SqlProofRows:
    """`services.permit_ports.ProofRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: ProofSql) -> None:
        self._tx = tx
        self._sql = sql

    def add(self, made: Proof) -> int:
        facts = made._asdict()
        facts["observed_at"] = written(made.observed_at)
        facts["evidence"] = orjson.dumps(dict(made.evidence)).decode()
        self._tx.run(self._sql.add, facts)
        return int(self._tx.value(self._sql.newest, {"host_id": made.host_id}))

    def covering(self, host_id: str, boot: int) -> list[tuple[int, Proof]]:
        rows = self._tx.rows(self._sql.covering, {"host_id": host_id, "boot": boot})
        return [
            (number, Proof(host, last, scope, kind, moment(at), observer, orjson.loads(evidence)))
            for number, host, last, scope, kind, at, observer, evidence in rows
        ]
