"""A server's agent side without a process or a socket: the real application on a real store.

Only the clock, the machine and the wire are the test's: `HouseClient` signs and checks as the
agent's client does and hands its request to the application.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import falcon
import falcon.testing

from hostdown.agent.client import ServerClient, _Raw
from hostdown.agent.host import HostAgent
from hostdown.agent.pools import NO_POOL, Pool
from hostdown.agent.ports import Identity
from hostdown.agent.pulses import NO_PULSES, Pulses
from hostdown.agent.settings import AgentSettings, ServerAddress
from hostdown.agent.surroundings import Surroundings
from hostdown.api.agent.app import AgentApi, AgentParts
from hostdown.api.ports import PolicyForbids, Unauthenticated
from hostdown.domain.destinations import Ratios
from hostdown.domain.errors import MachineUnreadable
from hostdown.domain.liveness import LivenessPolicy, State, state
from hostdown.domain.model import COMPUTE, Caller, Resources, Service
from hostdown.domain.zones import ZonePolicy
from hostdown.drivers.image_files import DirectoryImages
from hostdown.drivers.simulated_hypervisor import SimulatedHypervisor
from hostdown.services.fence_ports import NOTHING_FENCES, FencePaths
from hostdown.services.hosts import Deployment
from hostdown.services.image_data import OwnLibrary
from hostdown.services.image_ports import ImageLibrary
from hostdown.services.mover import MovePolicy
from hostdown.services.observers import Offers, no_offer
from hostdown.services.ports import Tolerances
from hostdown.services.recovery_desk import RecoveryPolicy
from hostdown.services.recovery_plan import Planning
from hostdown.services.reports import ReportIntake
from hostdown.services.surveys import Surveyor
from hostdown.services.zone_map import ZoneMap
from hostdown.storage import Storage

SECRET = b"the secret of this deployment"
INTERVAL_S = 10.0
ADMIN = Caller("admin-id", "admin", "p", ("admin",), "req-1")


class TestClock:
    """A clock that moves when it is told to."""

    __test__ = False

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 2, 3, 4, 5, 678901)
        self.seconds = 0.0

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.seconds

    def forward(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)
        self.seconds += seconds


class Wire:
    """Where a test listens, tampers, or cuts."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes, Mapping[str, str]]] = []
        self.cut = False
        self.tamper: Callable[[_Raw], _Raw] = lambda raw: raw


class HouseClient(ServerClient):
    """`ServerClient` whose wire is a call of the application."""

    def __init__(self, app: falcon.App, clock: TestClock, wire: Wire) -> None:
        super().__init__(ServerAddress(("http://house",)), clock)
        self._app = falcon.testing.TestClient(app)
        self._wire = wire

    def _send(self, path: str, body: bytes, headers: Mapping[str, str]) -> _Raw:
        from hostdown.agent.errors import NotHeard

        if self._wire.cut:
            raise NotHeard("The wire is cut.")
        self._wire.sent.append((path, body, headers))
        return self._wire.tamper(self.raw(path, body, headers))

    def raw(self, path: str, body: bytes, headers: Mapping[str, str]) -> _Raw:
        answer = self._app.simulate_post(path, body=body, headers=headers)
        return _Raw(answer.status_code, answer.content, answer.headers.get("X-Hostdown-Mac", ""))


@dataclass
class TestMachine:
    """A machine that says what the test wants."""

    __test__ = False
    id: str = "machine-of-compute1"
    boot: str = "boot-1"
    readable: bool = True

    def sources(self) -> Sequence[str]:
        return ["firmware"]

    def machine_id(self, source: str) -> str:
        if not self.readable:
            raise MachineUnreadable(path=source, reason="Permission denied")
        return self.id

    def boot_id(self) -> str:
        return self.boot


@dataclass
class MemoryStore:
    """An identity that survives the agent, unless the test loses it."""

    identity: Identity | None = None
    lost: bool = False

    def load(self) -> Identity | None:
        return self.identity

    def save(self, identity: Identity) -> None:
        if not self.lost:
            self.identity = identity


class ChangingHypervisor(SimulatedHypervisor):
    """Resources that a test can change."""

    def __init__(self, host: str) -> None:
        super().__init__(host)
        self.used = 0

    def resources(self) -> Resources:
        return super().resources()._replace(vcpus_used=self.used)


class Admin:
    """`Authenticator` and `Policy`: the token is the user's name; who is not admin may nothing."""

    challenge = "Keystone uri='http://house'"

    def caller(self, environ: Mapping[str, object], request_id: str) -> Caller:
        token = environ.get("HTTP_X_AUTH_TOKEN")
        if token is None:
            raise Unauthenticated
        return ADMIN._replace(user_name=str(token))

    def check(self, rule: str, caller: Caller, target: Mapping[str, object]) -> None:
        if caller.user_name != "admin":
            raise PolicyForbids(rule=rule)


@dataclass
class Host:
    """One agent with what the test may touch of it."""

    agent: HostAgent
    client: HouseClient
    wire: Wire
    store: MemoryStore
    machine: TestMachine
    hypervisor: ChangingHypervisor

    def turns(self, times: int) -> None:
        for _ in range(times):
            self.agent.turn()


@dataclass
class House:
    """The application, its store, and one clock for all."""

    storage: Storage
    clock: TestClock = field(default_factory=TestClock)
    file: Path = Path()
    fences: FencePaths = NOTHING_FENCES

    def __post_init__(self) -> None:
        self.deployment = Deployment(
            cells=self.storage.cells,
            directory=self.storage.directory,
            tolerances=Tolerances(timedelta(seconds=INTERVAL_S), timedelta(seconds=60)),
            new_hosts_cell=self.storage.cells.all()[0].name,
            enable_new_services=True,
            enrolment_secret=SECRET,
            zones=ZoneMap(self.storage.directory, ZonePolicy()),
        )
        self.liveness = LivenessPolicy(timedelta(seconds=60), timedelta(seconds=5))
        self.intake, self.app = self.worker()

    def worker(
        self, offers: Offers = no_offer, images: ImageLibrary | None = None
    ) -> tuple[ReportIntake, falcon.App]:
        """One more worker on the same store."""
        intake = ReportIntake(self.storage.directory, self.storage.cells)
        parts = AgentParts(
            self.deployment,
            intake,
            self.clock,
            self.liveness,
            Admin(),
            Admin(),
            images or OwnLibrary(self.deployment.directory, DirectoryImages(Path("/nonexistent"))),
            self.planning(),
            offers,
            fences=self.fences,
        )
        api, app = AgentApi(parts), falcon.App()
        app.add_sink(api, api.prefix)
        return intake, app

    def planning(self) -> Planning:
        """By the rules that nobody changed."""
        directory = self.storage.directory
        zones = ZoneMap(directory, ZonePolicy())
        surveyor = Surveyor(directory, zones, self.liveness, Ratios())
        return Planning(surveyor, MovePolicy(), RecoveryPolicy(True, timedelta(seconds=3), True))

    def host(
        self,
        name: str,
        machine: TestMachine | None = None,
        store: MemoryStore | None = None,
        secret: bytes | None = SECRET,
        pulses: Pulses = NO_PULSES,
        pool: Pool = NO_POOL,
        sleeps: bool | None = False,
    ) -> Host:
        """A new agent; with another one's store it is a restart, or a copy."""
        wire, store = Wire(), store or MemoryStore()
        machine = machine or TestMachine(f"machine-of-{name}"[:255])
        hypervisor = ChangingHypervisor(name)
        client = HouseClient(self.app, self.clock, wire)
        settings = AgentSettings(name, timedelta(seconds=INTERVAL_S), "0.1", secret, sleeps)
        parts = (client, store, machine, hypervisor, self.clock, pulses)
        around = Surroundings(*parts, pool=pool)
        return Host(HostAgent(settings, around), client, wire, store, machine, hypervisor)

    def reporting(self, name: str, **how: TestMachine | MemoryStore | bytes | bool | None) -> Host:
        """A host that has enrolled, begun and reported once, and whose report is written."""
        host = self.host(name, **how)  # type: ignore[arg-type] # passed through
        for _ in range(4):
            if host.agent.reporting:
                break
            host.agent.turn()
        assert host.agent.reporting
        self.flush()
        return host

    def flush(self) -> None:
        self.intake.flush(self.clock.now())
        self.intake.refresh()

    def service(self, name: str) -> Service | None:
        cell = self.storage.cells.all()[0]
        found = cell.read(lambda rows: rows.services.find(name, COMPUTE))
        return found[0] if found else None

    def state(self, name: str) -> State:
        service = self.service(name)
        assert service is not None
        return state(service, self.clock.now(), self.liveness)

    def refused(self) -> dict[str, int]:
        return self.intake.refusals.totals()
