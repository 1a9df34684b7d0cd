"""Permits that were ended by proofs which are void."""

from sqlalchemy import bindparam, null

from hostdown.domain.instance import RUN, Ended, Permit, PermitState
from hostdown.domain.permits import PROOF, VOID
from hostdown.storage.cell_tables import permits
from hostdown.storage.permits import ended_text, find_permits, permits_of
from hostdown.storage.sql import Compiler
from hostdown.storage.transaction import Transaction

_C = permits.c


class DoubtSql:
    """The statements of `SqlDoubtRows`."""

    def __init__(self, sql: Compiler) -> None:
        is_ended = _C.state == bindparam("ended")
        self.ended_by = sql.text(
            find_permits(
                _C.host_id == bindparam("host_id"), is_ended, _C.ended_by.like(bindparam("by"))
            ).order_by(_C.id)
        )
        seen = permits.update().where(_C.id == bindparam("id"), is_ended)
        self.doubt = sql.text(seen.values(ended_by=bindparam("ended_by")))
        self.reopen = sql.text(
            seen.values(
                kind=bindparam("run"),
                state=bindparam("state"),
                ended_by=null(),
                ended_at=null(),
                open_key=bindparam("instance"),
            )
        )


class SqlDoubtRows:
    """`services.permit_ports.DoubtRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: DoubtSql) -> None:
        self._tx = tx
        self._sql = sql

    def ended_by(self, host_id: str, proof: int) -> list[Permit]:
        by = f'["{PROOF}","{proof}",%'
        facts = {"host_id": host_id, "ended": PermitState.ENDED.value, "by": by}
        return permits_of(self._tx.rows(self._sql.ended_by, facts))

    def doubt(self, seen: Permit, ended: Ended) -> None:
        text = ended_text(ended._replace(kind=VOID))
        facts = {"id": seen.id, "ended": PermitState.ENDED.value, "ended_by": text}
        self._tx.run(self._sql.doubt, facts)

    def reopen(self, seen: Permit) -> Permit:
        state = PermitState.CLAIMED if seen.confirmed else PermitState.GRANTED
        facts = {"id": seen.id, "ended": PermitState.ENDED.value, "instance": seen.instance}
        self._tx.run(self._sql.reopen, {**facts, "state": state.value, "run": RUN})
        return seen._replace(kind=RUN, state=state.value, ended=None)
