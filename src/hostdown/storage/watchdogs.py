"""What the boots of hosts told of their watchdogs, and who gets no grants."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, false, select

from hostdown.domain.model import COMPUTE
from hostdown.services.watchdog_ports import NoGrant, Watchdog
from hostdown.storage.cell_tables import compute_nodes, services
from hostdown.storage.sql import ZERO, Compiler
from hostdown.storage.transaction import Transaction
from hostdown.storage.types import moment, moment_or_none, written, written_or_none
from hostdown.storage.watchdog_tables import no_grants, watchdog_pools, watchdogs

_W = watchdogs.c
_P = watchdog_pools.c
_TOLD = [name for name in Watchdog._fields if name != "pools"]


class WatchdogSql:
    """The statements of `SqlWatchdogRows`."""

    def __init__(self, sql: Compiler) -> None:
        one = _W.host_id == bindparam("host_id"), _W.boot == bindparam("boot")
        self.get = sql.text(select(*(_W[name] for name in _TOLD)).where(*one))
        pools = _P.host_id == bindparam("host_id"), _P.boot == bindparam("boot")
        self.pools = sql.text(select(_P.pool).where(*pools).order_by(_P.pool))
        self.begin = sql.text(sql.insert_new(watchdogs, _TOLD, ["host_id", "boot"]))
        older = _W.host_id == bindparam("host_id"), _W.boot < bindparam("boot")
        self.forget = sql.text(watchdogs.delete().where(*older))
        older_pools = _P.host_id == bindparam("host_id"), _P.boot < bindparam("boot")
        self.forget_pools = sql.text(watchdog_pools.delete().where(*older_pools))
        armed = watchdogs.update().where(*one, _W.armed_at.is_(None))
        self.arm = sql.text(armed.values(armed_at=bindparam("now")))
        added = ["host_id", "boot", "pool", "added_at"]
        self.add_pool = sql.text(sql.insert_new(watchdog_pools, added, added[:3]))
        self.readers = sql.text(
            select(services.c.host)
            .join(compute_nodes, compute_nodes.c.service_id == services.c.id)
            .where(
                compute_nodes.c.pool_id == bindparam("pool"),
                compute_nodes.c.deleted == ZERO,
                services.c.binary == bindparam("binary"),
                services.c.deleted == ZERO,
                services.c.forced_down.is_(false()),
                services.c.unreachable_at.is_(None),
                services.c.last_seen_up >= bindparam("since"),
            )
            .order_by(services.c.host)
        )


class SqlWatchdogRows:
    """`services.watchdog_ports.WatchdogRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: WatchdogSql) -> None:
        self._tx = tx
        self._sql = sql

    def get(self, host_id: str, boot: int) -> Watchdog | None:
        one = {"host_id": host_id, "boot": boot}
        row = self._tx.row(self._sql.get, one)
        if row is None:
            return None
        host, number, boot_id, c_ms, w_ms, told_at, armed_at = row
        pools = tuple(pool for (pool,) in self._tx.rows(self._sql.pools, one))
        times = moment(told_at), moment_or_none(armed_at)
        return Watchdog(host, number, boot_id, c_ms, w_ms, *times, pools)

    def begin(self, made: Watchdog) -> bool:
        facts = made._asdict() | {
            "told_at": written(made.told_at),
            "armed_at": written_or_none(made.armed_at),
        }
        del facts["pools"]
        older = {"host_id": made.host_id, "boot": made.boot}
        self._tx.run(self._sql.forget, older)
        self._tx.run(self._sql.forget_pools, older)
        before = self._tx.row(self._sql.get, older)
        self._tx.run(self._sql.begin, facts)
        return before is None

    def arm(self, host_id: str, boot: int, now: datetime) -> None:
        self._tx.run(self._sql.arm, {"host_id": host_id, "boot": boot, "now": written(now)})

    def add_pools(self, host_id: str, boot: int, pools: Sequence[str], now: datetime) -> None:
        facts = {"host_id": host_id, "boot": boot, "added_at": written(now)}
        if pools:
            self._tx.many(self._sql.add_pool, [{**facts, "pool": pool} for pool in sorted(pools)])

    def readers(self, pool: str, since: datetime) -> list[str]:
        facts = {"pool": pool, "binary": COMPUTE, "since": written(since)}
        found = self._tx.rows(self._sql.readers, facts)
        return [host for (host,) in found]


class NoGrantSql:
    """The statements of `SqlNoGrantRows`."""

    def __init__(self, sql: Compiler) -> None:
        shown = select(*(no_grants.c[name] for name in NoGrant._fields))
        of_host = no_grants.c.host_id == bindparam("host_id")
        self.all = sql.text(shown.order_by(no_grants.c.host_id))
        self.get = sql.text(shown.where(of_host))
        self.put = sql.text(sql.upsert(no_grants, NoGrant._fields, ["host_id"]))
        made_by = no_grants.c.recovery == bindparam("recovery")
        self.lift = sql.text(no_grants.delete().where(of_host, made_by))


class SqlNoGrantRows:
    """`services.watchdog_ports.NoGrantRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: NoGrantSql) -> None:
        self._tx = tx
        self._sql = sql

    def all(self) -> list[NoGrant]:
        rows = self._tx.rows(self._sql.all, {})
        return [NoGrant(host, boot, recovery, moment(at)) for host, boot, recovery, at in rows]

    def get(self, host_id: str) -> NoGrant | None:
        row = self._tx.row(self._sql.get, {"host_id": host_id})
        if row is None:
            return None
        host, boot, recovery, at = row
        return NoGrant(host, boot, recovery, moment(at))

    def put(self, mark: NoGrant) -> None:
        self._tx.run(self._sql.put, mark._asdict() | {"marked_at": written(mark.marked_at)})

    def lift(self, host_id: str, recovery: int) -> bool:
        return self._tx.run(self._sql.lift, {"host_id": host_id, "recovery": recovery}) == 1
