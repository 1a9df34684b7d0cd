"""What a world has in which hosts are watched, fenced and recovered: `recovery on`."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from tests.scenarios.air import Air, SimObserver, Voice
from tests.scenarios.armed_crowd import ArmedCrowd
from tests.scenarios.crowd import Crowd, LightHost
from tests.scenarios.devices import Powered, SimBmc, SimCrew, SimOutlets, SimSwitch, Spare, identity
from tests.scenarios.hosts import SimHost
from tests.scenarios.petters import SimWatchdog
from tests.scenarios.recoveries import RecoveryChecks
from tests.scenarios.servers import OneCell, SimServer, SteppedCell
from tests.scenarios.traps import Traps
from tests.servers.scene import ADMIN

from hostdown.domain import recovery
from hostdown.domain.errors import CellUnavailable, HostdownError
from hostdown.domain.machine import FIRMWARE, machine_id
from hostdown.domain.sight import Preset, patience
from hostdown.drivers.fencing.fake import FakeFencePaths
from hostdown.services import aggregates, failure_domains, recovery_steps
from hostdown.services.cell_ports import CellRows
from hostdown.services.fence_ports import FenceLevel
from hostdown.services.leadership import Leadership
from hostdown.services.own_evacuator import OwnEvacuator
from hostdown.services.recoveries import Recoverer
from hostdown.services.recovery_desk import Desk, RecoveryPolicy
from hostdown.services.surveys import Surveyor
from hostdown.services.unreachable import Verdicts

if TYPE_CHECKING:
    from tests.scenarios.sim import Sim

T = TypeVar("T")

INTERVAL = timedelta(seconds=0.1)
HOLD_OFF = timedelta(seconds=3)
LEAD_EVERY_S = 0.25
"""Between two looks of who leads."""
SETTLED_AFTER = timedelta(seconds=30)
"""Nothing that is sent here arrives later; the real one would be twice as long."""
TOLD_WITHIN = timedelta(seconds=2)
MOVE_EVERY_S = 0.5


class QuietCell(SteppedCell):
    """For what an observer writes, of which nothing is checked."""

    is_gone = False
    """It does not answer this one."""

    def read(self, work: Callable[[CellRows], T]) -> T:
        if self.is_gone:
            raise CellUnavailable(cell=self.name)
        return super().read(work)

    def write(self, work: Callable[[CellRows], T]) -> T:
        self._world.step()
        return self._cell.write(work)


class TrappedCell(QuietCell):
    """For what a recovery writes."""

    traps: Traps

    def write(self, work: Callable[[CellRows], T]) -> T:
        if self.traps:
            self.traps.preview(self._cell, work)
        if getattr(work, "func", None) is recovery_steps.later:
            return super().write(work)  # nothing of it is checked
        result = super().write(work)
        self._server.wrote()
        return result


class Watch:
    """The air, the devices, and what is set for the next steps of recoveries."""

    def __init__(self, sim: "Sim", interval: timedelta) -> None:
        sim.patch.setattr(recovery, "SETTLED_AFTER", SETTLED_AFTER)
        self.traps = Traps()
        self.paths = FakeFencePaths({})
        self.bmcs: dict[str, SimBmc] = {}
        self.switches: dict[str, SimSwitch] = {}
        self.sent: list[tuple[float, str]] = []
        """When which host's device accepted a power-off."""
        self.went_off: set[str] = set()
        """Which machines did because of that."""
        self.crowd = Crowd(sim.world, sim.store.storage)
        self.zones: dict[str, str] = {}
        self.watchdogs: tuple[float, float] | None = None
        """C and W of the hosts that are built from now on; None: they have none."""
        self.heard_in: list[QuietCell] = []
        """The cell, as each observer reaches it."""
        self.resets: Counter[str] = Counter()
        """How often hosts were reset by their watchdogs."""
        self.armed_crowd = ArmedCrowd(sim.world, sim.store.storage, self.crowd, self._reset)
        self._watched: set[str] = set()
        """Of these it is written down that they have a watchdog."""
        self.checks = RecoveryChecks(sim, self)
        self._sim = sim
        self._storage = sim.store.storage
        self.air = Air(sim.world, interval, self._voices, sim.heard_by)

    def _voices(self) -> Iterator[Voice]:
        yield from self._sim.hosts.values()
        yield from self.crowd.hosts.values()

    # --------------------------------------------------------------------------------- devices

    def adopt(self, host: SimHost) -> None:
        """Its machine is what its BMC says, and it says so itself."""
        whose = identity(host.name)
        host.machine.id = machine_id(FIRMWARE, [str(whose.uuid), str(whose.serial)])
        self.wire(host)

    def watchdog_of(self, host: SimHost) -> SimWatchdog | None:
        """Its hardware timer, if hosts have any."""
        if self.watchdogs is None:
            return None
        made = SimWatchdog(host, self.air.ask, self._reset)
        made.self_fence_after_s, made.reset_s = self.watchdogs
        self.watched(host.name)
        return made

    def arm(self, names: list[str], pools: int) -> None:
        """Of light hosts."""
        self.armed_crowd.arm(names, pools)
        for name in names:
            self.watched(name)

    def watched(self, host: str) -> None:
        """It is written down that it has a watchdog, after its BMC."""
        level = FenceLevel(2, "watchdog", None, None)
        self.paths.levels[host] = [*self.paths.levels[host][:1], level]
        self._watched.add(host)

    def _reset(self, host: str) -> None:
        self.resets[host] += 1
        self.checks.say(host, "is reset by its watchdog")

    def wire(self, machine: Powered) -> None:
        """It gets a BMC."""
        name, world = machine.name, self._sim.world
        switch = self.switches[name] = SimSwitch(world, machine, self._went_off)
        bmc = self.bmcs[name] = SimBmc(world, name, switch, self._accepted)
        self.paths.levels[name] = [FenceLevel(1, "fake", bmc, None)]

    def wire_wrong(self, host: str) -> None:
        """Somebody mixed up two cables, and wrote into the fencing file what he found there."""
        spare = SimSwitch(self._sim.world, Spare(), self._went_off)
        self.bmcs[host].wire_to(spare)

    def wire_outlets(self, host: str) -> None:
        """It hangs on two outlets of a PDU instead, of which one sticks."""
        self.bmcs[host].wire_to(SimOutlets())
        self.bmcs[host].name_nobody()
        self.paths.levels[host] = [FenceLevel(1, "fence_agent", self.bmcs[host], None)]

    def mend(self) -> None:
        """Every device does what it should."""
        self.traps.clear()
        self.crowd.heal()
        self.armed_crowd.heal()
        for name, bmc in self.bmcs.items():
            bmc.heal()
            bmc.wire_to(self.switches[name])
            self.paths.levels[name] = [FenceLevel(1, "fake", bmc, None)]
            if name in self._watched:
                self.watched(name)
            self.switches[name].slow_s, self.switches[name].reads_off = 0.0, False

    def _accepted(self, host: str) -> None:
        self.sent.append((self._sim.world.seconds, host))
        self.checks.say(host, "is sent a power-off")
        self._sim.checks.wrote()

    def _went_off(self, machine: str) -> None:
        self.went_off.add(machine)
        self.checks.say(machine, "goes off")

    def everybody(self) -> dict[str, SimHost | LightHost]:
        return {**self.crowd.hosts, **self._sim.hosts}

    def domain(self, host: str) -> str:
        """Its failure domain."""
        return self.zones.get(host, "nova")

    def put_in_zone(self, zone: str, hosts: list[str]) -> None:
        """They fail together."""
        directory, now = self._storage.directory, self._sim.world.now()
        made = aggregates.create(directory, ADMIN, zone, zone, now)
        for host in hosts:
            aggregates.add_host(directory, ADMIN, made.id, host, now)
            self.zones[host] = zone

    def label(self, domain: str, hosts: list[str]) -> None:
        """They fail together, whatever their zone."""
        for host in hosts:
            now = self._sim.world.now()
            failure_domains.label(self._storage.directory, ADMIN, host, domain, now)
            self.zones[host] = domain

    def power_on(self) -> None:
        """Whatever is off, an operator powers on."""
        for host in self.everybody().values():
            if not host.is_on:
                host.power_on()

    def host_of(self, recovery: int) -> str:
        """Whose recovery that is."""
        found = self._storage.cells.all()[0].read(lambda rows: rows.recoveries.find(1000))
        return next(each.host for each in found if each.id == recovery)

    # --------------------------------------------------------------------------------- servers

    def observer(self, server: SimServer) -> SimObserver:
        """Another one for each process."""
        cell = QuietCell(self._sim.world, self._storage.cells.all()[0], server)
        self.heard_in.append(cell)
        made = SimObserver(
            self._sim.world,
            server.name,
            self._storage,
            OneCell(cell),
            self.air.interval,
            server.clock,
        )
        self._sim.world.spawn(server.group, f"{server.name}: observer", made.live)
        if self.watchdogs is not None:
            self._sim.world.spawn(server.group, f"{server.name}: marks", made.look_at_marks)
        return made

    def lead(self, server: SimServer, surveyor: Surveyor, leadership: Leadership) -> None:
        """What only one server does at a time."""
        world = self._sim.world
        cell = TrappedCell(world, self._storage.cells.all()[0], server)
        cell.traps = self.traps
        verdicts = Verdicts(cell, self._storage.directory, leadership, world.monotonic)
        crew = SimCrew(world, server.group, self.traps, self.host_of)
        missed = timedelta(microseconds=patience(Preset.LAN, self.air.interval).silent_ns // 1000)
        policy = RecoveryPolicy(True, HOLD_OFF, True, missed + TOLD_WITHIN)
        desk = Desk(cell, surveyor, leadership, policy, server.clock, verdicts.misses)
        recoverer = Recoverer(desk, self.paths, crew, OwnEvacuator(desk))
        led = Led(server, verdicts, recoverer)
        world.spawn(server.group, f"{server.name}: controller", led.live)


class Led:
    """The controller's turns, one after another."""

    def __init__(self, server: SimServer, verdicts: Verdicts, recoverer: Recoverer) -> None:
        self._server = server
        self._verdicts = verdicts
        self._recoverer = recoverer
        self._move_due = 0.0

    def live(self) -> None:
        world = self._server.world
        while True:
            self._try(self._verdicts.turn)
            self._try(self._recoverer.turn)
            if world.seconds >= self._move_due:
                self._try(self._move)
                self._move_due = world.seconds + MOVE_EVERY_S
            world.sleep(LEAD_EVERY_S)

    def _move(self, now: object) -> None:
        del now
        while self._server.mover.turn(self._server.clock.now()):
            self._server.world.step()

    def _try(self, turn: Callable) -> None:
        try:
            turn(self._server.clock.now())
        except HostdownError as error:
            self._server.errors.append(error)
