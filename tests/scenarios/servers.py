"""Servers of the simulated world: the real use cases on one real store, in as many processes."""

import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import falcon
from tests.scenarios.agents import INTERVAL, SECRET
from tests.scenarios.world import Group, World
from tests.servers.scene import LIVENESS
from tests.stores import sqlite_settings

from hostdown.api.agent.app import AgentApi, AgentParts
from hostdown.domain.destinations import Ratios
from hostdown.domain.errors import CellUnavailable, HostdownError
from hostdown.domain.ha import NOBODY, Resume
from hostdown.domain.zones import ZonePolicy
from hostdown.services.cell_ports import Cell, CellRows
from hostdown.services.hosts import Deployment
from hostdown.services.leadership import Leadership
from hostdown.services.mover import MovePolicy, Mover
from hostdown.services.observers import no_offer
from hostdown.services.ports import Tolerances
from hostdown.services.releases import Covers, Silent
from hostdown.services.reports import ReportIntake
from hostdown.services.rooms import Limits
from hostdown.services.surveys import Surveyor
from hostdown.services.zone_map import ZoneMap
from hostdown.storage import Storage, open_storage

if TYPE_CHECKING:
    from tests.scenarios.watch import Watch

T = TypeVar("T")

JOBS_EVERY_S = 0.5
"""Between two turns of what a server does beside answering."""

LIMITS = Limits(32, 4)


class Policy(NamedTuple):
    """How a deployment is configured."""

    silent: Silent = Silent.WORD
    covers: Covers = Covers.ALL
    resume: Resume = NOBODY
    """Guests are started when their host boots."""


class Store:
    """One SQLite file in memory, opened once and emptied for each scenario."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._file = directory / "hostdown.sqlite"
        settings = sqlite_settings(directory)
        shutil.copy(self._file, directory / "empty")
        self.storage: Storage = open_storage(settings)

    def empty(self) -> None:
        """As it was made."""
        self.put_back("empty")

    def copy(self, name: str) -> None:
        """Keep what there is now, as a backup or a replica that hears of nothing more."""
        (self._directory / name).unlink(missing_ok=True)
        self._copy(self._file, self._directory / name)

    def put_back(self, name: str) -> None:
        """Fail over to that copy."""
        self._copy(self._directory / name, self._file)

    def close(self) -> None:
        self.storage.close()

    @staticmethod
    def _copy(source: Path, target: Path) -> None:
        with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target)) as other:
            one.backup(other)


class SteppedCell:
    """`Cell` whose transactions others come between; `unknown` commits whose answers are lost."""

    def __init__(self, world: World, cell: Cell, server: "SimServer") -> None:
        self.name = cell.name
        self._world = world
        self._cell = cell
        self._server = server

    def read(self, work: Callable[[CellRows], T]) -> T:
        self._world.step()
        return self._cell.read(work)

    def write(self, work: Callable[[CellRows], T]) -> T:
        self._world.step()
        server = self._server
        if server.dies_in_commit:
            self._cell.write(lambda rows: self._die(work(rows)))
        result = self._cell.write(work)
        server.wrote()
        if server.loses_commits > 0:
            server.loses_commits -= 1
            raise CellUnavailable(cell=self.name)
        return result

    def _die(self, result: object) -> None:
        """All is written, and nothing is durable."""
        del result
        self._world.kill(self._server.group)


class OneCell(NamedTuple):
    """`Cells` of one."""

    cell: SteppedCell

    def named(self, name: str) -> SteppedCell:
        del name
        return self.cell

    def all(self) -> Sequence[SteppedCell]:
        return [self.cell]


class ServerClock:
    """Of one server's machine; its wall clock may be set."""

    def __init__(self, world: World) -> None:
        self.ahead = timedelta(0)
        self._world = world

    def now(self) -> datetime:
        return self._world.now() + self.ahead

    def monotonic(self) -> float:
        return self._world.seconds

    def boottime(self) -> float:
        return self._world.seconds


class SimServer:
    """One process. `wrote` is told of each transaction that may have changed something."""

    def __init__(
        self,
        world: World,
        name: str,
        storage: Storage,
        policy: Policy,
        wrote: Callable[[], None],
        watch: "Watch | None" = None,
    ) -> None:
        self.name = name
        self.world = world
        self.clock = ServerClock(world)
        self.is_isolated = False
        """No host reaches it."""
        self.group = Group(name)
        self.wrote = wrote
        self.loses_commits = 0
        """Of so many transactions the answer to COMMIT does not come."""
        self.dies_in_commit = False
        self.errors: list[HostdownError] = []
        cell = SteppedCell(world, storage.cells.all()[0], self)
        deployment = Deployment(
            cells=OneCell(cell),
            directory=storage.directory,
            tolerances=Tolerances(INTERVAL, timedelta(seconds=60)),
            new_hosts_cell=cell.name,
            enable_new_services=True,
            enrolment_secret=SECRET,
            zones=ZoneMap(storage.directory, ZonePolicy()),
        )
        self.intake = ReportIntake(storage.directory, storage.cells)
        self.observer = None if watch is None else watch.observer(self)
        self.app = self._app(deployment, policy)
        surveyor = Surveyor(storage.directory, deployment.zones, LIVENESS, Ratios())
        leadership = Leadership(storage.cells.all()[0], name, world)
        self.mover = Mover(
            cell,
            surveyor,
            leadership,
            MovePolicy(policy.silent, 2 * INTERVAL, LIMITS, policy.covers, policy.resume),
        )
        world.spawn(self.group, f"{name}: reports", self._take_in)
        if watch is None:
            world.spawn(self.group, f"{name}: mover", self._move)
        else:
            watch.lead(self, surveyor, leadership)

    def _app(self, deployment: Deployment, policy: Policy) -> falcon.App:
        nobody = object()  # neither administrators nor images nor plans are asked for here
        parts = AgentParts(
            deployment, self.intake, self.clock, LIVENESS, nobody, nobody, nobody, nobody,
            no_offer if self.observer is None else self.observer.offer, policy.resume,
        )  # fmt: skip
        api, app = AgentApi(parts), falcon.App()
        app.add_sink(api, api.prefix)
        return app

    def _take_in(self) -> None:
        while True:
            self.intake.flush(self.clock.now())
            self.intake.refresh()
            self.world.sleep(JOBS_EVERY_S + self.world.hurry())

    def _move(self) -> None:
        while True:
            try:
                while self.mover.turn(self.clock.now()):
                    self.world.step()
            except HostdownError as error:
                self.errors.append(error)
            self.world.sleep(JOBS_EVERY_S + self.world.hurry())
