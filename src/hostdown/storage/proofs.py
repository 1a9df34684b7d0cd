"""The proofs of a cell."""

from datetime import datetime

import orjson
from sqlalchemy import bindparam, func, select

from hostdown.services.permit_ports import Proof
from hostdown.storage.cell_tables import proofs
from hostdown.storage.sql import Compiler
from hostdown.storage.transaction import Transaction
from hostdown.storage.types import moment, moment_or_none, written, written_or_none

_FIELDS = list(Proof._fields)


class ProofSql:
    """The statements of `SqlProofRows`."""

    def __init__(self, sql: Compiler) -> None:
        of_host = proofs.c.host_id == bindparam("host_id")
        covers = proofs.c.boot >= bindparam("boot"), proofs.c.voided_at.is_(None)
        self.add = sql.text(sql.insert(proofs, _FIELDS))
        self.newest = sql.text(select(func.max(proofs.c.id)).where(of_host))
        self.covering = sql.text(
            select(proofs.c.id, *(proofs.c[name] for name in _FIELDS))
            .where(of_host, *covers)
            .order_by(proofs.c.id)
        )
        self.void = sql.text(
            proofs.update().where(of_host, *covers).values(voided_at=bindparam("at"))
        )
        self.voided = sql.text(select(func.max(proofs.c.voided_at)).where(of_host))


class SqlProofRows:
    """`services.permit_ports.ProofRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: ProofSql) -> None:
        self._tx = tx
        self._sql = sql

    def add(self, made: Proof) -> int:
        facts = made._asdict()
        facts["observed_at"] = written(made.observed_at)
        facts["voided_at"] = written_or_none(made.voided_at)
        facts["evidence"] = orjson.dumps(dict(made.evidence)).decode()
        self._tx.run(self._sql.add, facts)
        return int(self._tx.value(self._sql.newest, {"host_id": made.host_id}))

    def covering(self, host_id: str, boot: int) -> list[tuple[int, Proof]]:
        rows = self._tx.rows(self._sql.covering, {"host_id": host_id, "boot": boot})
        return [
            (number, Proof(host, last, scope, kind, moment(at), observer, orjson.loads(evidence)))
            for number, host, last, scope, kind, at, observer, evidence, _ in rows
        ]

    def void(self, host_id: str, boot: int, at: datetime) -> list[int]:
        found = [number for number, _ in self.covering(host_id, boot)]
        self._tx.run(self._sql.void, {"host_id": host_id, "boot": boot, "at": written(at)})
        return found

    def voided(self, host_id: str) -> datetime | None:
        return moment_or_none(self._tx.value(self._sql.voided, {"host_id": host_id}))
