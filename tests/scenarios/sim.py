"""A simulated deployment: hosts, servers, one store, one clock, and what is watched over them."""

import logging
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from tests.scenarios.calls import Calls
from tests.scenarios.checks import Checks
from tests.scenarios.facts import Timeline
from tests.scenarios.hosts import SimHost
from tests.scenarios.pools import SimPool
from tests.scenarios.servers import Policy, SimServer, Store
from tests.scenarios.watch import Watch
from tests.scenarios.world import Broken, World, chance_of, on_one_processor

from hostdown.domain.ha import Resume
from hostdown.domain.instance import VmState
from hostdown.domain.pools import PoolClass

MEMORY = Path("/dev/shm")
SETTLE_MAX_S = 300.0
"""In so long everything has come to rest once nothing fails any more."""

COPIED_BOOTS = 100
"""So many boots later the boots of a copied machine are counted, for no two have one id."""

TICK_S = 1.0
"""Between two writes of a guest."""


class Breakdowns(logging.Handler):
    """Turns that broke down: the agent goes on, and its log says that there is a bug."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:
            self.found.append(logging.Formatter().format(record))


class Sim:
    """One scenario's world; use it as a context. Everything that happens follows from `seed`."""

    def __init__(self, store: Store, seed: int | None, kind: PoolClass = PoolClass.LOCKS) -> None:
        self.world = World(seed)
        self.store = store
        self.timeline = Timeline(self.world)
        self.hosts: dict[str, SimHost] = {}
        self.servers: list[SimServer] = []
        self.policy = Policy()
        self.watch: Watch | None = None
        """Where hosts are recovered."""
        self.may_sleep: set[str] = set()
        """Hosts whose sleep is not masked."""
        self.calls = Calls(self.world, store.storage)
        self.checks = Checks(store.storage, self.hosts, self.timeline)
        self._copies: list[str] = []
        """Hosts that are copies of others."""
        self.uuids: dict[str, str] = {}
        """Of servers, by the names that a scenario gives them."""
        self.marks: dict[str, str] = {}
        """Of those that were asked to be migrated live, what they wrote then."""
        self._kind = kind
        self._seed = seed or 0
        self._exits = ExitStack()
        self._breakdowns = Breakdowns()
        self._next_tick = TICK_S
        self._pool: SimPool | None = None
        self.patch = pytest.MonkeyPatch()

    def __enter__(self) -> "Sim":
        self._exits.enter_context(chance_of(self._seed))
        self._exits.enter_context(on_one_processor())
        self.memory = Path(
            self._exits.enter_context(
                TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None, prefix="hostdown-sim-")
            )
        )
        self.store.empty()
        logger = logging.getLogger("hostdown.agent")
        logger.addHandler(self._breakdowns)
        self._exits.callback(logger.removeHandler, self._breakdowns)
        self._exits.callback(self.patch.undo)
        self._exits.callback(self.world.close)
        self.world.checks.append(self._turn)
        return self

    def __exit__(self, *_: object) -> None:
        self._exits.close()

    def _turn(self) -> None:
        while self.world.seconds >= self._next_tick:
            self._next_tick += TICK_S
            for host in self.hosts.values():
                if host.is_on and not host.is_frozen and host.guests is not None:
                    for uuid in list(host.guests.running):
                        host.guests.write(uuid)
        self.checks.turn()
        if self._breakdowns.found:
            raise Broken(self._breakdowns.found[0])

    # -------------------------------------------------------------------------------- building

    def build(self, hosts: Sequence[str], servers: int = 1) -> None:
        """Hosts and servers, up and running."""
        for number in range(servers):
            self.add_server(f"server {number + 1}")
        for name in hosts:
            host = SimHost(
                self.world,
                name,
                self._pool_of(name),
                self.heard_by,
                self.timeline.befell,
                self._peers,
            )
            self.hosts[name] = host
            host.machine.sleeps = name in self.may_sleep
            if self.watch is not None:
                self.watch.adopt(host)
                host.watchdog = self.watch.watchdog_of(host)
            host.power_on()
        if not self.world.until(self._all_report, 60):
            raise Broken("the hosts do not begin to report")
        self.world.run(2.0)  # their reports are written
        self.until("watchdogs are armed", self._all_armed, 60)
        for host in self.hosts.values():
            self.timeline.names[host.id] = host.name
            host.link.is_bad = not self.world.calm

    def add_server(self, name: str) -> SimServer:
        """One more process."""
        made = SimServer(
            self.world, name, self.store.storage, self.policy, self.checks.wrote, self.watch
        )
        self.servers.append(made)
        return made

    def recover(self, interval: timedelta) -> None:
        """Whatever is built from now on is watched; hosts pulse each `interval`."""
        self.watch = Watch(self, interval)
        self.policy = self.policy._replace(resume=Resume(ha_default=True))
        self.checks.recoveries = self.watch.checks

    def _alive(self) -> list[SimServer]:
        return [each for each in self.servers if not each.group.dead]

    def heard_by(self) -> list[SimServer]:
        """Those that hosts reach."""
        return [each for each in self._alive() if not each.is_isolated]

    def mark(self, vm: str) -> str:
        """What it writes beside its count: another one after each start."""
        uuid = self.uuids[vm]
        pools = [host.path.pool for host in self.hosts.values()]
        return next(pool.written[uuid].mark for pool in pools if uuid in pool.written)

    def _peers(self) -> dict[str, SimHost]:
        return self.hosts

    def _pool_of(self, host: str) -> SimPool:
        if self._kind is PoolClass.LOCAL:
            return SimPool(f"pool of {host}", self._kind, self.memory / host, self.world)
        if self._pool is None:
            self._pool = SimPool("the pool", self._kind, self.memory / "pool", self.world)
        return self._pool

    def _all_report(self) -> bool:
        known = self.checks.rows.forced_down
        self.checks.wrote()
        return all(
            host.agent is not None and host.agent.life.reporting and name in known
            for name, host in self.hosts.items()
        )

    def _all_armed(self) -> bool:
        watched = [host.watchdog for host in self.hosts.values() if host.watchdog is not None]
        return all(each.is_armed for each in watched)

    def create(self, name: str, host: str | None) -> None:
        """A server that a scenario calls `name`."""
        made = self.calls.create(host)
        self.uuids[name], self.timeline.names[made.uuid] = made.uuid, name
        self.checks.wrote()

    def copy_host(self, name: str, copy: str, with_machine: bool = False) -> None:
        """Another machine that starts from an image of this one.

        `with_machine`: it says that it is the same machine, as a copied virtual one does.
        """
        seen = self.hosts[name]
        made = SimHost(
            self.world, name, seen.path.pool, self.heard_by, self.timeline.befell, self._peers
        )
        made.machine.id = seen.machine.id if with_machine else f"machine of {copy}"
        made.machine.boot = seen.machine.boot + COPIED_BOOTS
        made.state.identity = seen.state.identity
        self.hosts[copy] = made
        self._copies.append(copy)
        self.checks.proofs_may_be_wrong |= with_machine
        made.power_on()

    # ---------------------------------------------------------------------------------- asking

    def active_on(self, name: str, host: str | None = None) -> bool:
        """Whether a server is shown so, with nothing going on."""
        found = self.checks.rows.instances.get(self.uuids[name])
        shown = found is not None and found.vm_state == VmState.ACTIVE and not found.task_state
        return shown and (host is None or found.host == host)

    def until(self, words: str, holds: Callable[[], object], within: float) -> None:
        """Raises Broken if it does not come in time."""
        if not self.world.until(holds, within):
            raise Broken(f"not within {within:g} s: {words}")

    def heal(self) -> None:
        """Nothing fails any more."""
        for server in self.servers:
            server.loses_commits = 0
            server.is_isolated = False
            server.clock.ahead = timedelta(0)
            if server.group.stopped:
                self.world.proceed(server.group)
        if not self._alive():
            self.add_server("server of the calm")
        for copy in self._copies:
            self.hosts.pop(copy).power_off()
        for host in self.hosts.values():
            host.heal()
        if self.watch is not None:
            self.watch.mend()

    def rest(self) -> None:
        """Let everything come to rest; raises Broken if it does not."""
        end = self.world.seconds + SETTLE_MAX_S
        while unrest := self._unrest():
            if self.world.seconds >= end:
                raise Broken("; ".join(unrest))
            if self.watch is not None:
                self.watch.power_on()
            self.world.run(5.0)
        self.world.run(10.0)
        if unrest := self._unrest():
            raise Broken("; ".join(unrest))

    def _unrest(self) -> list[str]:
        found = [
            f"the agent of {host.name} ended: {host.over}"
            for host in self.hosts.values()
            if host.over is not None
        ]
        return found + self.checks.unrest()
