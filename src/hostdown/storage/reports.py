"""What hosts' reports write into a cell."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from json import dumps
from uuid import uuid4

from sqlalchemy import bindparam, select

from hostdown.domain.model import Resources
from hostdown.services.cell_ports import Heartbeat, Refusal
from hostdown.storage.cell_tables import compute_nodes, refusals, services
from hostdown.storage.sql import HEARTBEATS, ZERO, Compiler, parameters
from hostdown.storage.transaction import Transaction
from hostdown.storage.types import moment, written, written_or_none


class ReportSql:
    """The statements of `SqlReportRows`."""

    def __init__(self, sql: Compiler) -> None:
        self.dialect = sql.name
        self.heartbeats = HEARTBEATS[sql.name]
        node = compute_nodes.c
        self.refresh = sql.text(
            compute_nodes.update()
            .where(node.service_id == bindparam("service"), node.deleted == ZERO)
            .values(parameters(Resources._fields) | {"updated_at": bindparam("now")})
        )
        host = select(
            bindparam("uuid"),
            services.c.id,
            services.c.host,
            *(bindparam(name, type_=node[name].type) for name in Resources._fields),
            bindparam("now", type_=node.created_at.type),
            ZERO,
        ).where(services.c.id == bindparam("service"), services.c.deleted == ZERO)
        columns = ["uuid", "service_id", "host", *Resources._fields, "created_at", "deleted"]
        self.add = sql.text(sql.insert_new(compute_nodes, columns, ["service_id", "deleted"], host))
        self.refusal = sql.text(
            sql.upsert(
                refusals,
                Refusal._fields,
                ["host", "reason"],
                {"times": refusals.c.times + bindparam("times")},
            )
        )
        shown = [refusals.c[name] for name in Refusal._fields]
        order = select(*shown).order_by(refusals.c.host, refusals.c.reason)
        self.refused = sql.text(order)
        self.refused_host = sql.text(order.where(refusals.c.host == bindparam("host")))


class SqlReportRows:
    """`services.cell_ports.ReportRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: ReportSql) -> None:
        self._tx = tx
        self._sql = sql

    def heartbeats(self, beats: Sequence[Heartbeat]) -> int:
        newest: dict[int, Heartbeat] = {}
        times: dict[int, int] = {}
        for beat in beats:
            service_id, _, sequence = beat
            times[service_id] = times.get(service_id, 0) + 1
            known = newest.get(service_id)
            if known is None or known.sequence < sequence:
                newest[service_id] = beat
        if not newest:
            return 0
        # In one order everywhere, so that two servers' batches do not deadlock.
        rows = [
            (key, written(newest[key].seen_at), times[key], newest[key].sequence)
            for key in sorted(newest)
        ]
        sql = self._sql
        if sql.dialect == "mariadb":
            return self._tx.run(sql.heartbeats, {"beats": dumps(rows)})
        names = ("id", "seen", "times", "sequence")
        if sql.dialect == "postgresql":
            columns = {name: [row[i] for row in rows] for i, name in enumerate(names)}
            return self._tx.run(sql.heartbeats, columns)
        return self._tx.many(sql.heartbeats, [dict(zip(names, row, strict=True)) for row in rows])

    def resources(self, service_id: int, resources: Resources, now: datetime) -> None:
        facts = {
            **resources._asdict(),
            "booted_at": written_or_none(resources.booted_at),
            "service": service_id,
            "now": written(now),
        }
        if not self._tx.run(self._sql.refresh, facts):
            self._tx.run(self._sql.add, {**facts, "uuid": str(uuid4())})

    def refusals(self, refusals: Iterable[Refusal]) -> None:
        for host, reason, times, last_at in refusals:
            facts = {"host": host, "reason": reason, "times": times, "last_at": written(last_at)}
            self._tx.run(self._sql.refusal, facts)

    def refused(self, host: str | None = None) -> list[Refusal]:
        if host is None:
            rows = self._tx.rows(self._sql.refused, {})
        else:
            rows = self._tx.rows(self._sql.refused_host, {"host": host})
        return [Refusal(name, reason, times, moment(at)) for name, reason, times, at in rows]
