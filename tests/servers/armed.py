"""A scene in which hosts are armed: they write to slots on pools, which others read by order."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.servers.recovering import RecoveringScene
from tests.servers.scene import ADMIN, START

from hostdown.domain.disarming import Disarming, Scope, Where
from hostdown.domain.slots import Do, Said
from hostdown.domain.watchdog import RENEW_EVERY_S, Renewal
from hostdown.services import disarming
from hostdown.services.cell_ports import CellRows
from hostdown.services.fence_ports import FenceLevel
from hostdown.services.watchdog_ports import NoGrant, SlotOrder
from hostdown.services.watchdogs import ORDER_LIFE, Answered, Told, take, tell
from hostdown.storage import Storage

C_MS = W_MS = 2000
WAIT = timedelta(seconds=10.6)
"""For these (NEVER-TWICE F6)."""

Answer = Callable[[SlotOrder], Said | None]


@dataclass
class ArmedScene(RecoveringScene):
    """What a reader says is what stands in the slot, unless `says` has another one for it."""

    stopped_at: dict[tuple[str, str], datetime] = field(default_factory=dict)
    """When a host wrote last on a pool; those that are not here go on."""
    marks: set[tuple[str, str]] = field(default_factory=set)
    """Host and pool."""
    says: dict[str, Answer] = field(default_factory=dict)
    """By the reader's name."""
    orders: list[tuple[datetime, SlotOrder]] = field(default_factory=list)
    """That were given, and when."""

    def armed(self, host: str, *pools: str, armed: bool = True) -> None:
        """Its boot tells so, and the fencing file names its watchdog after what it has there."""
        told = Told(C_MS, W_MS, pools, armed)
        tell(self.cell, self.record(host), told, self.now)
        levels = self.paths.levels.setdefault(host, [])
        self.paths.levels[host] = [*levels, FenceLevel(len(levels) + 1, "watchdog", None, None)]

    def on_pool(self, pool: str, *hosts: str) -> None:
        """They report it."""

        def work(rows: CellRows) -> None:
            for host in hosts:
                found = rows.nodes.on_host(host)
                assert found is not None
                told = found.node.resources._replace(pool_id=pool)
                rows.reports.resources(self.service(host).id, told, self.now)

        self.cell.write(work)

    def die(self, *hosts: str) -> None:
        """They are silent, and write nothing any more."""
        self.lose(*hosts)
        for host in hosts:
            self.stop_writing(host)

    def stop_writing(self, host: str, pool: str | None = None) -> None:
        for each in ("p1", "p2") if pool is None else (pool,):
            self.stopped_at[host, each] = self.now

    def renewal(self, host: str, pool: str) -> Renewal:
        at = self.stopped_at.get((host, pool), self.now)
        count = int((at - START).total_seconds() / RENEW_EVERY_S)
        return Renewal(self.record(host).boot_id, "process", count)

    def answer(self) -> None:
        """Whoever is up does what it is asked."""
        names = {record.id: record.name for record in self._records()}
        for reader in names:
            if self.service(names[reader]).unreachable_at is not None:
                continue
            since = self.now - ORDER_LIFE
            waiting = self.cell.read(
                lambda rows, r=reader, s=since: rows.slot_orders.waiting(r, s, 16)  # type: ignore[misc] # a lambda's defaults
            )
            said = [(each, self._said(names, each)) for each in waiting]
            done = [Answered(each.id, answer) for each, answer in said if answer is not None]
            self.orders += [(self.now, each) for each, answer in said if answer is not None]
            if done:
                take(self.cell, self.record(names[reader]), done, self.now)

    def _said(self, names: dict[str, str], order: SlotOrder) -> Said | None:
        says = self.says.get(names[order.reader])
        if says is not None:
            return says(order)
        host = names[order.host_id]
        if order.do is Do.READ:
            return Said(self.renewal(host, order.pool))
        self.marks.add((host, order.pool))
        dog = self.cell.read(lambda rows: rows.watchdogs.get(order.host_id, order.boot))
        if dog is not None and {(host, pool) for pool in dog.pools} <= self.marks:
            self.stop_writing(host)  # nothing gives it a credit any more
        return Said(marked=True)

    def _records(self) -> list:
        return self.storage.directory.read(lambda rows: rows.hosts.all())

    def disarm(self, host: str) -> None:
        """Nothing is to be done about it until `arm`."""
        where = Where(Scope.HOST, host)
        wanted = Disarming(where, "works on its rack", None, self.now, "admin", "1", "req-1")
        zones = self.surveyor().zones.current()
        disarming.disarm(self.storage.cells, self.storage.directory, zones, wanted, ADMIN)

    def arm(self, host: str) -> None:
        places = self.storage.cells, self.storage.directory, self.surveyor().zones.current()
        disarming.arm(*places, Where(Scope.HOST, host), ADMIN, self.now)

    def mark(self, host: str) -> NoGrant | None:
        """Whether it gets no grants."""
        return self.cell.read(lambda rows: rows.no_grants.get(self.record(host).id))

    def reads(self) -> list[datetime]:
        """When slots were read."""
        return sorted({at for at, each in self.orders if each.do is Do.READ})

    def reason(self) -> str:
        return self.newest().reason or ""


def armed_hosts(store: Storage, *names: str) -> ArmedScene:
    """The first is armed on pool p1, which all have; none has a device."""
    made = ArmedScene(store)
    for name in names:
        made.host(name)
    made.on_pool("p1", *names)
    made.armed(names[0], "p1")
    return made
