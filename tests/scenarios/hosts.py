"""A simulated host: its machine, its guests, its agent, and what can befall them."""

import itertools
from collections.abc import Callable
from datetime import timedelta

from tests.scenarios.agents import Home, Machine, SimAgent, State
from tests.scenarios.air import Answers, Said
from tests.scenarios.guests import SimGuests, Told
from tests.scenarios.passages import SEND_S, SimPassages
from tests.scenarios.petters import HostClock, SimWatchdog
from tests.scenarios.pools import PoolPath, SimPool, go_on
from tests.scenarios.wire import Link
from tests.scenarios.world import Group, World

from hostdown.agent.errors import Stopped
from hostdown.agent.site import Step
from hostdown.domain.pools import PoolClass

RESTART_S = 2.0
"""Until whatever watches over an agent starts it again."""


class SimHost:
    """One machine. `told` hears what befalls its guests, `traps` which step is about to be done."""

    def __init__(
        self,
        world: World,
        name: str,
        pool: SimPool,
        servers: Callable[[], list],
        told: Told,
        peers: "Callable[[], dict[str, SimHost]]",
    ) -> None:
        self.world = world
        self.name = name
        self.machine = Machine(f"machine of {name}")
        self.clock = HostClock(world)
        self.watchdog: SimWatchdog | None = None
        self.state = State()
        self.lost: State | None = None
        """What it had before its state directory was lost."""
        self.path = PoolPath(world, pool)
        self.link = Link(world)
        self.answers = Answers(lambda: self.agent and self.agent.report_now())
        self.traps: list[tuple[Step, Callable[[], None]]] = []
        self.is_on = False
        self.is_frozen = False
        self.silent: str | None = None
        self.agent: SimAgent | None = None
        self._refused: Stopped | None = None
        self.guests: SimGuests | None = None
        self.send_s = SEND_S
        """How long a guest that runs is on its way to another host."""
        self._servers = servers
        self._peers = peers
        self._told = told
        self._runs = itertools.count(1)

    @property
    def id(self) -> str:
        return "" if self.state.identity is None else self.state.identity.id

    @property
    def boot_id(self) -> str:
        """Of the kernel that runs there, or will next."""
        return self.machine.boot_id()

    @property
    def said(self) -> Said | None:
        """Its pulses name this; None while there are none."""
        agent, identity = self.agent, self.state.identity
        if agent is None or identity is None or agent.group.dead or agent.group.stopped:
            return None
        wanted = agent.pulses.wanted
        if wanted is None or agent.over is not None or not self.is_on or self.is_frozen:
            return None
        return Said(identity.id, identity.secret, identity.session, wanted.boot_id)

    # ---------------------------------------------------------------------------------- power

    def power_on(self, name: str | None = None) -> None:
        """It boots, and its agent starts; `name`: it is configured another name meanwhile."""
        self.is_on = True
        # Where locks do not work, each host has some of its own.
        locks = {} if self.path.pool.kind is PoolClass.NOLOCK else self.path.pool.locks
        self.guests = SimGuests(self.world, self.name, self.path, locks, self._told)
        self.guests.fake.trouble.silent = self.silent
        if self.watchdog is not None:
            self.watchdog.boot()
        self.start_agent(name)

    def power_off(self, keep_locks: bool = False) -> None:
        """All at once: the guests, too."""
        if not self.is_on:
            return
        self.is_on = False
        self.machine.boot += 1
        assert self.guests is not None
        self.guests.lose_power(keep_locks)
        if self.watchdog is not None:
            self.watchdog.power_off()
        self.kill_agent()

    def lose_power(self) -> None:
        """By a device, whatever it does."""
        self.is_frozen = False
        self.power_off()

    def freeze(self) -> None:
        """The whole machine stands still, its guests with it."""
        self.is_frozen = True
        if self.watchdog is not None:
            self.watchdog.freeze()
        if self.agent is not None:
            self.world.stop(self.agent.group)

    def thaw(self) -> None:
        """It goes on as if nothing had been."""
        self.is_frozen = False
        if self.watchdog is not None:
            self.watchdog.thaw()
        if self.agent is not None:
            self.world.proceed(self.agent.group)

    def set_silent(self, reason: str | None) -> None:
        """libvirt does not answer, or does again."""
        self.silent = reason
        if self.guests is not None:
            self.guests.fake.trouble.silent = reason

    def heal(self) -> None:
        """Nothing of it fails any more; it is on, and its agent runs."""
        self.link.heal()
        self.clock.ahead = timedelta(0)
        if self.watchdog is not None:
            self.watchdog.heal()
        self.path.is_cut = self.path.is_empty = False
        self.path.fails, self.path.stalls = None, go_on
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
        parts = (self.world, self.machine, self.state, self.guests, self.path, self.link)
        passages = SimPassages(self.world, self, self._peers)
        setting = None if self.watchdog is None else self.watchdog.setting
        beside = (self._servers, self._at, passages, self.clock, setting)
        self._refused = None
        try:
            agent = SimAgent(Home(*parts, *beside), name or self.name, group)
        except Stopped as error:
            self._refused = error
            return
        self.agent = agent
        agent.start()

    @property
    def over(self) -> Stopped | None:
        """What ended the agent for good."""
        return self._refused if self.agent is None else self.agent.over

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
