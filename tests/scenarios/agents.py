"""The agent of a simulated host: the real one's parts, each an actor of one process."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from tests.scenarios.air import AgentPulses
from tests.scenarios.guests import SimGuests
from tests.scenarios.passages import SimPassages
from tests.scenarios.petters import HostClock
from tests.scenarios.pools import PoolPath
from tests.scenarios.watch_places import MemoryWatchFiles, WatchPath
from tests.scenarios.wire import Link, SimClient
from tests.scenarios.world import Bell, Group, World

from hostdown.agent.commits import Commits
from hostdown.agent.errors import Stopped
from hostdown.agent.exchange import Exchange
from hostdown.agent.host import HostAgent
from hostdown.agent.host_watch import HostWatch
from hostdown.agent.notes import MemoryNotes
from hostdown.agent.ports import Identity
from hostdown.agent.settings import BACKOFF_FIRST_S, AgentSettings
from hostdown.agent.site import Site, Step, WorkerSettings
from hostdown.agent.slot_orders import SlotOrders
from hostdown.agent.surroundings import Surroundings
from hostdown.agent.tidings import Tidings
from hostdown.agent.watch_desk import TURN_EVERY_S, WatchDesk, WatchedPulses, WatchSetting
from hostdown.agent.watching import LOOK_EVERY_S, Watcher
from hostdown.agent.work import LOOK_S, WorkQueue
from hostdown.agent.worker import Worker
from hostdown.domain.assignment import Outcome
from hostdown.drivers.fake_hypervisor import FakeHypervisor

if TYPE_CHECKING:
    from tests.scenarios.servers import SimServer

INTERVAL = timedelta(seconds=10)
"""Between two reports."""

SECRET = b"the secret of this deployment"
SEND_S_PER_GIB = 20.0
TELL_ALL_EVERY = timedelta(seconds=60)
"""So that a guest of less than two GiB is recalled after 40 s."""

PLACES = (("192.0.2.1", 8775),)
SERVERS = 8
"""For how many each host has room."""


@dataclass
class Machine:
    """`agent.ports.Machine`; the kernel's boot id changes with each start."""

    id: str
    boot: int = 1
    sleeps: bool = False
    """Whether it may."""

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
    watch: MemoryWatchFiles = field(default_factory=MemoryWatchFiles)

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
    """Tidings by which an actor is woken."""

    def __init__(self, bell: Bell) -> None:
        super().__init__()
        self.told: list[Outcome] = []
        self.bell = bell
        self.woken = False

    def tell(self, outcome: Outcome) -> None:
        self.told.append(outcome)
        super().tell(outcome)

    def wake(self) -> None:
        self.woken = True
        self.bell.ring()


class Queue(WorkQueue):
    """Turns that whoever waits for them hears of."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.bell = Bell(world)

    def put(self, key: str, delay_s: float = 0.0) -> None:
        super().put(key, delay_s)
        if not delay_s:
            self.bell.ring()


class Home(NamedTuple):
    """What an agent works with. `servers` are those that live, `at` hears of each step."""

    world: World
    machine: Machine
    state: State
    guests: SimGuests
    path: PoolPath
    link: Link
    servers: "Callable[[], list[SimServer]]"
    at: Callable[[Step, str], None]
    passages: SimPassages
    clock: HostClock
    watchdog: WatchSetting | None


class SimAgent:
    """One process; `over` is what ended it for good. Raises Stopped if it ends at once."""

    def __init__(self, home: Home, name: str, group: Group) -> None:
        world = home.world
        self.group = group
        self.over: Stopped | None = None
        self.tidings, self.queue = Quick(Bell(world)), Queue(world)
        self._world = world
        site = Site(
            guests=home.guests,
            leases=home.path,
            disks=home.path,
            notes=home.state.notes,
            clock=world,
            pool=home.path,
            copies=home.path,
            passages=home.passages,
            settings=WorkerSettings(send_s_per_gib=SEND_S_PER_GIB, tell_all_every=TELL_ALL_EVERY),
            stopping=Stopping(world),
            at=home.at,
        )
        self.worker = Worker(site, self.tidings, world, self.queue)
        home.guests.fake.watch(self.worker.look)
        client = SimClient(world, home.link, home.servers, home.clock)
        self._is_watched = home.watchdog is not None
        self._desk = WatchDesk(
            client, home.state.watch, home.watchdog, home.path, lambda _: PLACES, world
        )
        self._looks = Bell(world)
        slots = WatchPath(world, home.path)
        self._orders = SlotOrders(client, slots, self._looks.ring)
        self._exchange = Exchange(
            client,
            self.worker,
            self.tidings,
            home.state.commits,
            world,
            watch=HostWatch(self._desk, self._orders),
        )
        self.watcher = Watcher(site, self.worker.turn)
        settings = AgentSettings(name, INTERVAL, "0.1", SECRET, home.machine.sleeps)
        hypervisor = FakeHypervisor(name, home.guests.fake, servers=SERVERS)
        self.pulses, self._early = AgentPulses(), Bell(world)
        parts = (client, home.state, home.machine, hypervisor, world)
        self.life = HostAgent(
            settings,
            Surroundings(*parts, WatchedPulses(self.pulses, self._desk), self._exchange, home.path),
        )

    def start(self) -> None:
        """Its actors have their turns from now on."""
        works = [self._report, self._talk, self._work, self._work, self._watch]
        for work in works + [self._tell_of_watchdog, self._look_at_slots] * self._is_watched:
            self._world.spawn(self.group, f"{work.__name__} of {self.group.name}", work)

    def report_now(self) -> None:
        """Earlier than it would."""
        self._early.ring()

    def _report(self) -> None:
        while self.over is None:
            try:
                wait_s = self.life.turn()
            except Stopped as error:
                self.over = error
            else:
                self._early.wait(wait_s + self._world.hurry())

    def _talk(self) -> None:
        due = 0.0
        while self.worker.broken is None:
            if self.tidings.woken or self._world.seconds >= due:
                self.tidings.woken = False
                try:
                    due = self._world.seconds + self._exchange.turn()
                except Stopped as error:
                    self.worker.end(error)
                    return
            if not self.tidings.woken:
                self.tidings.bell.wait(max(0.0, due - self._world.seconds))
            self._world.step()

    def _work(self) -> None:
        while self.worker.broken is None:
            key = self.queue.take(wait=False)
            if key is None:
                self.queue.bell.wait(LOOK_S)
            else:
                try:
                    self.worker.serve(key)
                finally:
                    self.queue.done(key)
            self._world.step()

    def _tell_of_watchdog(self) -> None:
        while True:
            self._desk.turn()
            self._world.sleep(TURN_EVERY_S)

    def _look_at_slots(self) -> None:
        while True:
            self._looks.wait(LOOK_S if self._orders.turn() else BACKOFF_FIRST_S)

    def _watch(self) -> None:
        while True:
            self.watcher.look()
            self._world.sleep(LOOK_EVERY_S)
