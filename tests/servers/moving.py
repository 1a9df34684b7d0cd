"""A scene in which servers move: hosts die, somebody asks for evacuations, a leader grants."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.servers.scene import ADMIN, LIVENESS, WISH, Scene

from hostdown.domain.disk_moves import LocalDisks
from hostdown.domain.ha import NOBODY, Resume
from hostdown.domain.instance import Instance
from hostdown.domain.liveness import window
from hostdown.domain.migration import Migration
from hostdown.domain.model import COMPUTE
from hostdown.domain.zones import ZonePolicy
from hostdown.services import evacuations
from hostdown.services.cell_ports import CellRows, Heartbeat
from hostdown.services.evacuations import Asked, Asker
from hostdown.services.host_evacuation import Result, evacuate_host, plan
from hostdown.services.leadership import Leadership
from hostdown.services.migration_ports import MigrationQuery
from hostdown.services.mover import MovePolicy, Mover
from hostdown.services.releases import Covers, Silent
from hostdown.services.rooms import Limits
from hostdown.services.surveys import Surveyor
from hostdown.services.zone_map import ZoneMap

HEARD = timedelta(seconds=20)
LIMITS = Limits(32, 4)
DEAD = 61.0
"""Seconds after which a host is down by silence."""


class SceneClock:
    """The scene's time, for who wants a clock."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def now(self) -> datetime:
        return self._scene.now

    def monotonic(self) -> float:
        return self._scene.now.timestamp()


@dataclass
class MovingScene(Scene):
    """With a mover that leads, since before there were hosts to hear."""

    silent: Silent = Silent.WORD
    limits: Limits = LIMITS
    covers: Covers = Covers.ALL
    local_disks: LocalDisks = LocalDisks.RECREATE
    resume: Resume = NOBODY
    beats: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._leadership = self._another("leader")
        self.configured()
        self.mover.turn(self.now)

    def configured(self) -> None:
        """The leader goes by what the scene says now."""
        self.mover = Mover(self.cell, self.surveyor(), self._leadership, self.policy)

    def another_mover(self, name: str) -> Mover:
        return Mover(self.cell, self.surveyor(), self._another(name), self.policy)

    def _another(self, name: str) -> Leadership:
        return Leadership(self.cell, name, SceneClock(self))

    @property
    def policy(self) -> MovePolicy:
        return MovePolicy(self.silent, HEARD, self.limits, self.covers, self.resume)

    def surveyor(self) -> Surveyor:
        zones = ZoneMap(self.storage.directory, ZonePolicy())
        return Surveyor(self.storage.directory, zones, LIVENESS, self.ratios, self.local_disks)

    def later(self, seconds: float, *reporting: str) -> None:
        """Time goes on; these hosts report at its end."""
        self.now += timedelta(seconds=seconds)
        for name in reporting:
            self.report(name)

    def report(self, name: str) -> None:
        number = self.beats[name] = self.beats.get(name, 1) + 1

        def work(rows: CellRows) -> None:
            (service,) = rows.services.find(name, COMPUTE)
            rows.reports.heartbeats([Heartbeat(service.id, self.now, number)])

        self.cell.write(work)

    def evacuate(self, uuid: str, host: str | None = None, **asked: object) -> Migration:
        asker = Asker(self.caller(ADMIN), window(self.now, LIVENESS), self.now)
        wish = Asked(host, **asked)  # type: ignore[arg-type] # a table of facts
        return evacuations.evacuate(self.cell, self.storage.directory, uuid, wish, asker)

    def evacuate_host(self, host: str, to: str | None = None) -> list[Result]:
        asker = Asker(self.caller(ADMIN), window(self.now, LIVENESS), self.now)
        return evacuate_host(self.cell, self.storage.directory, host, to, asker)

    def plan(self, host: str, to: str | None = None) -> list[Result]:
        asker = Asker(self.caller(ADMIN), window(self.now, LIVENESS), self.now)
        return plan(self.cell, self.surveyor(), host, to, asker, self.policy)

    def move(self) -> None:
        """The mover does all that is due; who reports now has said before what it has."""
        for _ in range(100):
            if not self.mover.turn(self.now) and not self.answer():
                return
        raise AssertionError("the mover finds no end")

    def answer(self) -> bool:
        """Hosts that report now answer the leader's question; whether there was one for them."""

        def work(rows: CellRows) -> bool:
            hearing = rows.hearing.now()
            told = rows.hearing.hosts(hearing.asked)
            talk = {
                self.record(each.host).id
                for each in rows.services.find(None, COMPUTE)
                if each.last_seen_up == self.now
            }
            for host_id in talk - told:
                rows.hearing.tell(host_id, hearing.asked)
            return hearing.goes_on and bool(talk - told)

        return self.cell.write(work)

    def migrations(self, uuid: str) -> list[Migration]:
        """Oldest first."""
        query = MigrationQuery(equal=[("instance_uuid", [uuid])], oldest_first=True)
        return self.cell.read(lambda rows: rows.migrations.find(query))

    def migration(self, uuid: str) -> Migration:
        return self.migrations(uuid)[-1]


def on_a(scene: MovingScene) -> Instance:
    """A server that runs on a, the host with most room."""
    made = scene.running(WISH)
    assert made.host == "a"
    return made
