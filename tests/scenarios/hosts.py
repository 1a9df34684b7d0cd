"""A simulated host: its machine, its guests, its agent, and what can befall them."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

from tests.scenarios.guests import SimGuests, Told
from tests.scenarios.pools import PoolPath, SimPool
from tests.scenarios.wire import Link, SimClient
from tests.scenarios.world import Group, World

from hostdown.agent.commits import Commits
from hostdown.agent.errors import Stopped
from hostdown.agent.exchange import Exchange, Tidings
from hostdown.agent.host import HostAgent
from hostdown.agent.notes import MemoryNotes
from hostdown.agent.ports import Identity
from hostdown.agent.settings import AgentSettings
from hostdown.agent.site import Site, Step
from hostdown.agent.surroundings import Surroundings
from hostdown.agent.watching import LOOK_EVERY_S, Watcher
from hostdown.agent.worker import Worker
from hostdown.domain.assignment import Outcome
from hostdown.domain.pools import PoolClass
from hostdown.drivers.fake_hypervisor import FakeHypervisor

INTERVAL = timedelta(seconds=10)
"""Between two reports."""

RESTART_S = 2.0
"""Until whatever watches over an agent starts it again."""

TURN_EVERY_S = 0.2
"""How often an idle actor looks whether there is something to do."""

SECRET = b"the secret of this deployment"
SERVERS = 8
"""For how many each host has room."""


@dataclass
class Machine:
    """`agent.ports.Machine`; the kernel's boot id changes with each start."""

    id: str
    boot: int = 1

    def sources(self) -> list[str]:
        return ["firmware"]

    def machine_id(self, source: str) -> str:
        return self.id

    def boot_id(self) -> str:
        return f"{self.id} boot {self.boot}"


@dataclass
class State:
    """What outlives an agent: its state directory."""

    identity: Identity | None = None
    notes: MemoryNotes = field(default_factory=MemoryNotes)
    commits: Commits = field(default_factory=Commits)

    def load(self) -> Identity | None:
        return self.identity

    def save(self, identity: Identity) -> None:
        self.identity = identity


class Stopping:
    """A `threading.Event` of the simulated time: who waits for it lets others have their turns."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._set = False

    def set(self) -> None:
        self._set = True

    def is_set(self) -> bool:
        return self._set

    def wait(self, seconds: float) -> bool:
        self._world.sleep(seconds)
        return self._set


class Quick(Tidings):
    """Tidings that note that somebody is to be woken."""

    woken = False

    def __init__(self) -> None:
        super().__init__()
        self.told: list[Outcome] = []

    def tell(self, outcome: Outcome) -> None:
        self.told.append(outcome)
        super().tell(outcome)

    def wake(self) -> None:
        self.woken = True


class Agent(NamedTuple):
    """One process."""

    group: Group
    site: Site
    worker: Worker
    exchange: Exchange
    tidings: Quick
    watcher: Watcher
    life: HostAgent


class SimHost:
    """One machine. `told` hears what befalls its guests, `traps` which step is about to be done."""

    def __init__(
        self,
        world: World,
        name: str,
        pool: SimPool,
        servers: Callable[[], list],
        told: Told,
    ) -> None:
        self.world = world
        self.name = name
        self.machine = Machine(f"machine of {name}")
        self.state = State()
        self.lost: State | None = None
        """What it had before its state directory was lost."""
        self.path = PoolPath(world, pool)
        self.link = Link(world)
        self.traps: list[tuple[Step, Callable[[], None]]] = []
        self.is_on = False
        self.is_frozen = False
        self.silent: str | None = None
        self.over: Stopped | None = None
        """What ended the agent for good."""
        self.agent: Agent | None = None
        self.guests: SimGuests | None = None
        self._servers = servers
        self._told = told
        self._runs = itertools.count(1)

    @property
    def id(self) -> str:
        return "" if self.state.identity is None else self.state.identity.id

    # ---------------------------------------------------------------------------------- power

    def power_on(self) -> None:
        """It boots, and its agent starts."""
        self.is_on = True
        # Where locks do not work, each host has some of its own.
        locks = {} if self.path.pool.kind is PoolClass.NOLOCK else self.path.pool.locks
        self.guests = SimGuests(self.world, self.name, self.path, locks, self._told)
        self.guests.fake.trouble.silent = self.silent
        self.start_agent()

    def power_off(self, keep_locks: bool = False) -> None:
        """All at once: the guests, too."""
        if not self.is_on:
            return
        self.is_on = False
        self.machine.boot += 1
        assert self.guests is not None
        self.guests.lose_power(keep_locks)
        self.kill_agent()

    def freeze(self) -> None:
        """The whole machine stands still, its guests with it."""
        self.is_frozen = True
        if self.agent is not None:
            self.world.stop(self.agent.group)

    def thaw(self) -> None:
        """It goes on as if nothing had been."""
        self.is_frozen = False
        if self.agent is not None:
            self.world.proceed(self.agent.group)

    def set_silent(self, reason: str | None) -> None:
        """libvirt does not answer, or does again."""
        self.silent = reason
        if self.guests is not None:
            self.guests.fake.trouble.silent = reason

    def heal(self) -> None:
        """Nothing of it fails any more; it is on, and its agent runs."""
        self.link.is_bad = self.link.is_cut = self.path.is_cut = self.path.is_empty = False
        self.set_silent(None)
        self.traps.clear()
        if not self.is_on:
            self.power_on()
        if self.guests is not None:
            self.guests.hung.clear()
            self.guests.slow_s = 0.0
        if self.is_frozen:
            self.thaw()
        if self.agent is None or self.over is not None:
            self.kill_agent()
            self.start_agent()
        if self.agent is not None:
            self.world.proceed(self.agent.group)

    # ---------------------------------------------------------------------------------- agent

    def start_agent(self, name: str | None = None) -> None:
        """A new process on what the one before left; `name`: it is configured another name."""
        assert self.guests is not None
        group = Group(f"agent of {self.name}, run {next(self._runs)}")
        site = Site(
            guests=self.guests,
            leases=self.path,
            disks=self.path,
            notes=self.state.notes,
            clock=self.world,
            pool=self.path,
            copies=self.path,
            stopping=Stopping(self.world),
            at=self._at,
        )
        tidings = Quick()
        worker = Worker(site, tidings, self.world)
        self.guests.fake.watch(worker.look)
        client = SimClient(self.world, self.link, self._servers)
        exchange = Exchange(client, worker, tidings, self.state.commits, self.world)
        settings = AgentSettings(name or self.name, INTERVAL, "0.1", SECRET)
        hypervisor = FakeHypervisor(self.name, self.guests.fake, servers=SERVERS)
        around = Surroundings(
            client, self.state, self.machine, hypervisor, self.world, work=exchange, pool=self.path
        )
        watcher = Watcher(site, worker.turn)
        self.over = None
        try:
            life = HostAgent(settings, around)
        except Stopped as error:
            self.over = error
            return
        self.agent = agent = Agent(group, site, worker, exchange, tidings, watcher, life)
        for part, work in (
            ("reports", self._report),
            ("exchange", self._exchange),
            ("worker 1", self._work),
            ("worker 2", self._work),
            ("watcher", self._watch),
        ):
            self.world.spawn(group, f"{part} of {self.name}", lambda work=work: work(agent))

    def kill_agent(self, restarts: bool = False) -> None:
        """kill -9; whatever watches over it starts another one."""
        agent, self.agent = self.agent, None
        if restarts:
            boot = self.machine.boot
            self.world.spawn(Group("systemd"), f"restart {self.name}", lambda: self._again(boot))
        if agent is not None:
            self.world.kill(agent.group)

    def _again(self, boot: int) -> None:
        self.world.sleep(RESTART_S)
        if self.is_on and self.machine.boot == boot and self.agent is None:
            self.start_agent()

    def _at(self, step: Step, uuid: str) -> None:
        del uuid
        for trap in [each for each in self.traps if each[0] is step]:
            self.traps.remove(trap)
            trap[1]()
        self.world.step()

    def _report(self, agent: Agent) -> None:
        while True:
            try:
                wait_s = agent.life.turn()
            except Stopped as error:
                self.over = error
                return
            self.world.sleep(wait_s + self.world.hurry())

    def _exchange(self, agent: Agent) -> None:
        due = 0.0
        while agent.worker.broken is None:
            if agent.tidings.woken or self.world.seconds >= due:
                agent.tidings.woken = False
                try:
                    due = self.world.seconds + agent.exchange.turn()
                except Stopped as error:
                    agent.worker.end(error)
                    return
            self.world.sleep(TURN_EVERY_S / 2 + self.world.hurry())

    def _work(self, agent: Agent) -> None:
        while agent.worker.broken is None:
            while agent.worker.step(wait=False):
                self.world.step()
            self.world.sleep(TURN_EVERY_S + self.world.hurry())

    def _watch(self, agent: Agent) -> None:
        while True:
            agent.watcher.look()
            self.world.sleep(LOOK_EVERY_S)
