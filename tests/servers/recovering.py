"""A scene in which hosts fall silent, are fenced by devices that are the test's, and come back."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Generic, TypeVar

from tests.servers.moving import MovingScene, SceneClock

from hostdown.domain.model import COMPUTE, Service
from hostdown.drivers.fencing.fake import FakeFencePath, FakeFencePaths
from hostdown.services.cell_ports import CellRows
from hostdown.services.evacuator_ports import Evacuator
from hostdown.services.fence_crew_ports import Reached
from hostdown.services.fence_ports import FenceLevel, Identity
from hostdown.services.leadership import Leadership
from hostdown.services.own_evacuator import OwnEvacuator
from hostdown.services.permit_ports import Proof
from hostdown.services.recoveries import Recoverer
from hostdown.services.recovery_desk import Desk, RecoveryPolicy
from hostdown.services.recovery_ports import Recovery
from hostdown.storage import Storage

K = TypeVar("K")
R = TypeVar("R")

HOLD_OFF = 3.0
POLICY = RecoveryPolicy(True, timedelta(seconds=HOLD_OFF), True)


class Switch:
    """The power of a host. `takes_s`: how long it goes on after a power-off was taken."""

    def __init__(self) -> None:
        self.on = True

    def power_off(self) -> None:
        self.on = False


class Hands(Generic[K, R]):
    """`Crew` that does at once what it is asked; `slow` ones do nothing until `work`, and those
    that do not `tell` are busy for as long."""

    def __init__(self) -> None:
        self.slow = False
        self.tells = True
        self._waiting: dict[K, Callable[[], R]] = {}
        self._done: list[R] = []

    def is_free(self, key: K) -> bool:
        return key not in self._waiting and (self.tells or not self._done)

    def begin(self, key: K, work: Callable[[], R], is_urgent: bool = True) -> bool:
        del is_urgent
        if not self.is_free(key):
            return False
        self._waiting[key] = work
        if not self.slow:
            self.work()
        return True

    def work(self) -> None:
        for key in list(self._waiting):
            self._done.append(self._waiting.pop(key)())

    def results(self) -> list[R]:
        if not self.tells:
            return []
        done, self._done = self._done, []
        return done


def identity(host: str) -> Identity:
    return Identity(f"uuid of {host}", f"serial of {host}")


@dataclass
class RecoveringScene(MovingScene):
    """Whoever leads the moves recovers hosts, too."""

    recovery: RecoveryPolicy = POLICY
    paths: FakeFencePaths = field(default_factory=lambda: FakeFencePaths({}))
    bmcs: dict[str, FakeFencePath] = field(default_factory=dict)
    switches: dict[str, Switch] = field(default_factory=dict)
    hands: Hands[int, Reached] = field(default_factory=Hands)
    is_missed: bool = True
    """Whether observers would say that they hear nothing of a host at this moment."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.recoverer = self.another_recoverer(self._leadership)

    def another_recoverer(self, leadership: Leadership) -> Recoverer:
        desk = Desk(
            self.cell,
            self.surveyor(),
            leadership,
            self.recovery,
            SceneClock(self),
            lambda _rows, host_id, since: self.is_missed,
        )
        return Recoverer(desk, self.paths, self.hands, self.evacuator(desk))

    def evacuator(self, desk: Desk) -> Evacuator:
        """Our own."""
        return OwnEvacuator(desk)

    def fenced_by_bmc(self, host: str) -> FakeFencePath:
        """One level, which knows the machine's identity."""
        self.switches[host] = Switch()
        path = self.bmcs[host] = FakeFencePath(self.switches[host], identity(host), self.wait)
        self.paths.levels[host] = [FenceLevel(1, "fake", path, identity(host))]
        return path

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def lose(self, *hosts: str) -> None:
        """Most observers find them so from now on."""
        self._reach(hosts, silent=True)

    def heard(self, *hosts: str) -> None:
        """Their pulses are there again."""
        self._reach(hosts, silent=False)

    def _reach(self, hosts: tuple[str, ...], silent: bool) -> None:
        at = self.now if silent else None
        for host in hosts:
            self.cell.write(lambda rows, host=host: rows.sights.reach(self.service(host), at))  # type: ignore[misc] # a lambda's default

    def service(self, host: str) -> Service:
        (found,) = self.cell.read(lambda rows: rows.services.find(host, COMPUTE))
        return found

    def turn(self, seconds: float = 0.0, step_s: float = 0.05) -> None:
        """Time goes on, a step at a time; the others report each second."""
        for number in range(max(1, round(seconds / step_s))):
            self.now += timedelta(seconds=step_s if seconds else 0)
            if number % round(1 / step_s) == 0:
                self._report()
            self.answer()
            self.recoverer.turn(self.now)

    def rest(self, seconds: float) -> None:
        """As `turn`, in steps of half a second: where nothing is to happen for long."""
        self.turn(seconds, 0.5)

    def answer(self) -> None:
        """Hosts without watchdogs are asked nothing."""

    def _report(self) -> None:
        for service in self.cell.read(lambda rows: rows.services.find(None, COMPUTE)):
            if service.unreachable_at is None and self.switches.get(service.host, Switch()).on:
                self.report(service.host)

    def all(self) -> list[Recovery]:
        """Oldest first."""
        return self.cell.read(lambda rows: rows.recoveries.find(100))[::-1]

    def newest(self) -> Recovery:
        return self.all()[-1]

    def stage(self) -> str:
        found = self.newest()
        return found.stage.value if found.held is None else f"{found.stage.value} by {found.held}"

    def until(self, stage: str) -> None:
        """Until the newest one is there; a minute is enough for every stage."""
        end = self.now + timedelta(minutes=1)
        self.turn(0.05)
        while self.stage() != stage and self.now < end:
            self.turn(0.05)
        assert self.stage() == stage, self.timeline()

    def behind_the_gate(self, first: str, then: str) -> None:
        """One is fenced, and as many as may be in its domain are; another one falls silent."""
        self.lose(first)
        self.turn(HOLD_OFF + 1)
        self.lose(then)
        self.turn(HOLD_OFF + 1)
        assert self.stage() == "held by gate"

    def timeline(self) -> list[str]:
        """The newest one's timeline, in words."""
        number = self.newest().id
        lines = self.cell.read(lambda rows: rows.timelines.of(number))
        return [each.what for each in lines]

    def proofs(self, host: str) -> list[Proof]:
        def look(rows: CellRows) -> list[Proof]:
            record = self.record(host)
            return [each for _, each in rows.proofs.covering(record.id, record.boot)]

        return self.cell.read(look)

    def covering(self, host: str, boot: int) -> list[tuple[int, Proof]]:
        return self.cell.read(lambda rows: rows.proofs.covering(self.record(host).id, boot))


def four_hosts(store: Storage) -> RecoveringScene:
    """Hosts a to d, each with a BMC, in one zone; a has most room."""
    made = RecoveringScene(store)
    for name, memory_mb in (("a", 8192), ("b", 4096), ("c", 4096), ("d", 4096)):
        made.host(name, memory_mb)
        made.fenced_by_bmc(name)
    return made
