"""Light hosts with watchdogs: their timers, and slots on pools that only they have.

All of it is one actor that has its turn each quarter of a second: what a petter's stalls may bring
about is played with real ones (`petters.py`).
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from tests.scenarios.crowd import Crowd, LightHost
from tests.scenarios.petters import RESET_S, SELF_FENCE_AFTER_S
from tests.scenarios.world import Group, World

from hostdown.domain.slots import Do, Said
from hostdown.domain.watchdog import RENEW_EVERY_S, Mark, Renewal, forbids
from hostdown.services.cell_ports import CellRows
from hostdown.services.watchdog_ports import NoGrant, SlotOrder
from hostdown.services.watchdogs import Answered, Told, take, tell
from hostdown.storage import Storage

TURN_S = 0.25
POOLS = ("pool x", "pool y")
Look = Callable[[SlotOrder, Said], Said]


class ArmedHost:
    """One of them. `cut_off`: pools that it does not reach; `looks`: what it makes of an order."""

    def __init__(self, host: LightHost, pools: Sequence[str], now: float) -> None:
        self.host = host
        self.pools = pools
        self.cut_off: set[str] = set()
        self.credited_at = now
        self.slots: dict[str, Renewal] = {}
        self.marks: dict[str, Mark] = {}
        self.looks: Look = lambda _, said: said
        self._told_boot = 0

    @property
    def talks(self) -> bool:
        """To servers."""
        return self.host.lives and not self.host.link.is_cut

    def is_new(self) -> bool:
        """Whether the server is to be told what resets this boot."""
        is_new = self.talks and self._told_boot != self.host.record.boot
        if is_new:
            self._told_boot = self.host.record.boot
        return is_new

    def live(self, now: float, marks: Sequence[NoGrant]) -> bool:
        """Write what it writes; whether it has been without a credit for too long."""
        if not self.host.lives:
            self.credited_at = now
            return False
        record = self.host.record
        for pool in self.pools:
            if pool not in self.cut_off:
                count = int(now / RENEW_EVERY_S)
                self.slots[pool] = Renewal(record.boot_id, "process", count)
                if not forbids(self.marks.get(pool), record.boot):
                    self.credited_at = now
        is_marked = any((each.host_id, each.boot) == (record.id, record.boot) for each in marks)
        if self.talks and not is_marked:
            self.credited_at = now
        return now - self.credited_at >= SELF_FENCE_AFTER_S + RESET_S


class ArmedCrowd:
    """All of them."""

    def __init__(
        self, world: World, storage: Storage, crowd: Crowd, fired: Callable[[str], None]
    ) -> None:
        self.hosts: dict[str, ArmedHost] = {}
        """By name."""
        self._world = world
        self._crowd = crowd
        self._cell = storage.cells.all()[0]
        self._fired = fired

    def arm(self, names: Sequence[str], pools: int) -> None:
        """They write to so many pools from now on; of the others everybody has the first one."""
        if not self.hosts:
            self._world.spawn(Group("armed crowd"), "watchdogs", self._go_on)
        for name in names:
            host = self._crowd.hosts[name]
            self.hosts[name] = ArmedHost(host, POOLS[:pools], self._world.seconds)
        for number, host in enumerate(self._crowd.hosts.values()):
            pool = POOLS[number % pools]
            self._cell.write(lambda rows, h=host, p=pool: self._on_pool(rows, h, p))

    def heal(self) -> None:
        for each in self.hosts.values():
            each.cut_off.clear()
            each.looks = lambda _, said: said

    def _on_pool(self, rows: CellRows, host: LightHost, pool: str) -> None:
        found = rows.nodes.on_host(host.name)
        assert found is not None
        told = found.node.resources._replace(pool_id=pool)
        rows.reports.resources(host.service, told, self._world.now())

    def _go_on(self) -> None:
        while True:
            now = self._world.now()
            marks = self._cell.read(lambda rows: rows.no_grants.all())
            for name, each in self.hosts.items():
                if each.is_new():
                    told = Told(
                        int(SELF_FENCE_AFTER_S * 1000), int(RESET_S * 1000), each.pools, True
                    )
                    tell(self._cell, each.host.record, told, now)
                if each.live(self._world.seconds, marks):
                    self._fired(name)
                    each.host.lose_power()  # it would boot, and not be heard
            self._answer(now)
            self._world.sleep(TURN_S)

    def _answer(self, now: datetime) -> None:
        """What they are asked to do with others' slots."""
        owners = {each.host.record.id: each for each in self.hosts.values()}
        names = {each.record.id: name for name, each in self._crowd.hosts.items()}
        for order in self._cell.read(_orders):
            reader = names.get(order.reader)
            if order.said is not None or reader is None:
                continue
            said = self._said(reader, owners.get(order.host_id), order)
            if said is not None:
                record = self._crowd.hosts[reader].record
                take(self._cell, record, [Answered(order.id, said)], now)

    def _said(self, reader: str, owner: ArmedHost | None, order: SlotOrder) -> Said | None:
        light, armed = self._crowd.hosts[reader], self.hosts.get(reader)
        if not light.lives or light.link.is_cut or owner is None:
            return None
        if armed is not None and order.pool in armed.cut_off:
            return Said(failure="The storage does not answer.")
        said = Said(owner.slots.get(order.pool))
        if order.do is Do.MARK:
            said = Said(marked=True)
        said = said if armed is None else armed.looks(order, said)
        if said.marked:
            owner.marks[order.pool] = Mark(order.boot, str(order.recovery))
        return said


def _orders(rows: CellRows) -> list[SlotOrder]:
    return [order for each in rows.recoveries.open() for order in rows.slot_orders.of(each.id)]
