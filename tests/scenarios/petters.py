"""The watchdog of a simulated host: its timer, its petter, its slot on the pool.

The timer belongs to the machine: it goes on while the machine stands still, and resets it. The
petter is a process of its own, made of the real one's parts.
"""

import itertools
import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tests.scenarios.watch_places import WatchPath, pause
from tests.scenarios.world import Group, World

from hostdown.agent.petter import Petter
from hostdown.agent.petter_grants import Grants
from hostdown.agent.petter_slots import SlotKeeper
from hostdown.agent.watch_desk import WatchSetting
from hostdown.agent.watch_terms import PetterDone, PoolTerms
from hostdown.domain.watchdog import LOOK_S, RENEW_EVERY_S
from hostdown.drivers.fake_watchdog import FakeTimer

if TYPE_CHECKING:
    from tests.scenarios.hosts import SimHost

RESTART_S = 0.2
"""Until systemd starts a petter again."""
UNARMED_LOOK_S = 0.25
"""Between two looks whether a timer is armed."""
SELF_FENCE_AFTER_S = 2.0
RESET_S = 2.0


class HostClock:
    """Of one machine; `slow`: it loses that share of the time; `ahead`: its wall clock was set."""

    def __init__(self, world: World) -> None:
        self.slow = 0.0
        self.ahead = timedelta(0)
        self._world = world

    def now(self) -> datetime:
        return self._world.now() + self.ahead

    def monotonic(self) -> float:
        return self._world.seconds * (1 - self.slow)

    def boottime(self) -> float:
        return self.monotonic()


class SteppedTimer:
    """`agent.watch_ports.Timer`: its petter may stand still, or die, between the look and the pet.

    `is_last` says whether no credit is left at its next look.
    """

    def __init__(self, watchdog: "SimWatchdog", is_last: Callable[[], bool]) -> None:
        self._watchdog = watchdog
        self._is_last = is_last

    def check(self) -> None:
        self._watchdog.timer.check()

    def open(self) -> None:
        self._stall()
        self._watchdog.timer.open()

    def pet(self) -> None:
        self._stall()
        self._watchdog.timer.pet()

    def _stall(self) -> None:
        watchdog, world = self._watchdog, self._watchdog.host.world
        if not self._is_last():
            pause(world)
            return
        world.sleep(watchdog.last_pet_late_s)
        if watchdog.dies_in_last_pet:
            watchdog.kill()


GrantWire = Callable[[str, bytes, Callable[[bytes], None]], None]
"""How a petter's pulse gets to observers, by its host's id, and their answers back."""


class SimWatchdog:
    """Of one host, over all its boots. `fired` hears that the timer has reset it."""

    def __init__(self, host: "SimHost", wire: GrantWire, fired: Callable[[str], None]) -> None:
        self.clock = host.clock
        self.self_fence_after_s = SELF_FENCE_AFTER_S
        self.reset_s = RESET_S
        self.runs = itertools.count(1)
        self.host = host
        self.crashes_after_s = math.inf
        """How long each run of the petter lasts."""
        self.last_pet_late_s = 0.0
        """How long it stands still between its last look and its pet."""
        self.dies_in_last_pet = False
        self.group: Group | None = None
        self.timer = self._new_timer()
        self._wire = wire
        self._fired = fired

    @property
    def is_armed(self) -> bool:
        """Whether its petter has opened it in this boot."""
        return self.timer.opened > 0

    @property
    def setting(self) -> WatchSetting:
        """What the host's agent is configured."""
        timeout_s = round(self.reset_s)
        return WatchSetting(
            "/dev/watchdog0", timeout_s, self.self_fence_after_s, self.reset_s, False, "/pool"
        )

    def boot(self) -> None:
        """The machine starts, and its timer is not armed."""
        self.timer = self._new_timer()
        world = self.host.world
        world.spawn(Group(f"timer of {self.host.name}"), "timer", lambda t=self.timer: self._run(t))
        self.start()

    def start(self) -> None:
        """Another run of the petter."""
        number = next(self.runs)
        self.group = Group(f"petter of {self.host.name}, run {number}")
        SimPetter(self, self.group, self._wire).start()
        if not math.isinf(self.crashes_after_s):
            self._again(self.crashes_after_s, self.kill)

    def kill(self) -> None:
        """kill -9: its device is closed, which pets, and systemd starts another one."""
        group, self.group = self.group, None
        self.timer.close()
        self._again(RESTART_S, self.start)
        if group is not None:
            self.host.world.kill(group)

    def power_off(self) -> None:
        """Nothing of the machine is left; its timer begins anew with the next boot."""
        self.timer.due_at_s = math.inf
        group, self.group = self.group, None
        if group is not None:
            self.host.world.kill(group)

    def freeze(self) -> None:
        """The machine stands still, its timer does not."""
        if self.group is not None:
            self.host.world.stop(self.group)

    def thaw(self) -> None:
        if self.group is not None:
            self.host.world.proceed(self.group)

    def heal(self) -> None:
        """Petters last, and go on."""
        self.crashes_after_s, self.last_pet_late_s = math.inf, 0.0
        self.dies_in_last_pet = False
        self.thaw()

    def _again(self, seconds: float, act: Callable[[], None]) -> None:
        timer, group = self.timer, self.group

        def later() -> None:
            self.host.world.sleep(seconds)
            if self.timer is timer and self.group is group and self.host.is_on:
                act()

        self.host.world.spawn(Group("systemd"), f"petter of {self.host.name}", later)

    def _new_timer(self) -> FakeTimer:
        return FakeTimer(self.reset_s * (1 + self.clock.slow), self.host.world.monotonic)

    def _run(self, timer: FakeTimer) -> None:
        world = self.host.world
        while self.timer is timer and self.host.is_on:
            if math.isinf(timer.due_at_s):
                world.sleep(UNARMED_LOOK_S)
            elif world.seconds >= timer.due_at_s:
                self._fired(self.host.name)
                self.host.lose_power()
            else:
                world.sleep(timer.due_at_s - world.seconds)


class SimPetter:
    """One process: each of its actors is one of the petter's threads."""

    def __init__(self, watchdog: SimWatchdog, group: Group, wire: GrantWire) -> None:
        host = watchdog.host
        self._world, self._host, self._group, self._wire = host.world, host, group, wire
        self._clock, self._files = watchdog.clock, host.state.watch
        boot_id = host.machine.boot_id()
        before = self._files.done()
        if before is None or before.boot_id != boot_id:
            before = PetterDone(boot_id)
        timer = SteppedTimer(watchdog, self._is_last_pet)
        self.petter = Petter(lambda terms: timer, self._clock, before)
        self._grants = Grants(self.petter, self._clock)
        self._kept: set[str] = set()

    def start(self) -> None:
        """Its actors have their turns from now on."""
        self._spawn("files", LOOK_S, self._learn)
        self._spawn("look", LOOK_S, self.petter.look)
        self._spawn("grants", RENEW_EVERY_S, self._ask)

    def _spawn(self, name: str, every_s: float, turn: Callable[[], None]) -> None:
        def live() -> None:
            while True:
                due_s = self._world.seconds + every_s
                turn()
                self._world.sleep(max(0.0, due_s - self._world.seconds))

        self._world.spawn(self._group, f"{name} of {self._group.name}", live)

    def _learn(self) -> None:
        self.petter.learn(self._files.terms())
        for pool in () if self.petter.terms is None else self.petter.terms.pools:
            if pool.id not in self._kept:
                self._kept.add(pool.id)
                self._keep(pool)
        pause(self._world)
        self._files.put_done(self.petter.done)

    def _keep(self, pool: PoolTerms) -> None:
        slots = WatchPath(self._world, self._host.path)
        keeper = SlotKeeper(pool, slots, self.petter, self._clock)
        self._spawn("slot", RENEW_EVERY_S, keeper.turn)

    def _is_last_pet(self) -> bool:
        terms = self.petter.terms
        newest = max(self.petter.credits.all(), default=-math.inf)
        next_look_s = self._clock.boottime() + LOOK_S
        return terms is not None and next_look_s - newest >= terms.self_fence_after_s

    def _ask(self) -> None:
        questions, terms = self._grants.questions(), self.petter.terms
        for question, _ in questions:
            pause(self._world)
            if terms is not None and not self._host.link.loses_pulses():
                self._wire(terms.host, question, self._answered)

    def _answered(self, datagram: bytes) -> None:
        if not self._group.dead and not self._host.link.loses_pulses():
            self._grants.hear(datagram)
