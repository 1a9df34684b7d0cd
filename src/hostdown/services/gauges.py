"""What the databases say about hosts, recoveries and what waits to be told, as metrics.

However many ask, each database is asked by one thread at a time and once a second at most; one that
does not answer in time is down, and what it would have said is left out.
"""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from datetime import datetime
from functools import partial
from typing import Generic, TypeVar

from hostdown.domain import metric_table as table
from hostdown.domain.deliveries import Channel
from hostdown.domain.errors import HostdownError
from hostdown.domain.fence_checks import FenceCheck
from hostdown.domain.host_fault import in_maintenance
from hostdown.domain.liveness import LivenessPolicy, State, Window, is_unreachable, state_in, window
from hostdown.domain.metrics import Series, one
from hostdown.domain.model import COMPUTE, Service
from hostdown.domain.recovery import OVER, Held, Stage
from hostdown.services.cell_ports import CellRows
from hostdown.services.delivery_ports import Waiting
from hostdown.services.directory_ports import Directory, DirectoryRows
from hostdown.services.leader_ports import Led
from hostdown.services.leadership import CONTROLLER
from hostdown.services.outbox_ports import Depth
from hostdown.services.ports import Cells, Clock
from hostdown.services.recovery_ports import Recovery
from hostdown.services.telling import NOTIFIER

LOG = logging.getLogger(__name__)

ANSWER_S = 2.0
"""Seconds after which a database that has not answered counts as down."""
KEPT_S = 1.0
"""For how long an answer is good."""
HOST_STATES = ("forced_down", "unreachable", "down", "maintenance", "disabled", "up")
"""A host is in the first one that holds."""

T = TypeVar("T")


class Asked(Generic[T]):
    """A question whose answer is shared by those who ask at about the same time."""

    def __init__(self, ask: Callable[[], T], monotonic: Callable[[], float]) -> None:
        self._ask = ask
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._answer: Future[T | None] | None = None
        self._asked_at = 0.0

    def answer(self) -> "Future[T | None]":
        """The answer of the question that runs, or ended just now, or is asked now; None if nothing
        answers."""
        now = self._monotonic()
        with self._lock:
            old = self._answer
            if old is not None and (not old.done() or now - self._asked_at < KEPT_S):
                return old
            self._answer, self._asked_at = Future(), now
            threading.Thread(
                target=self._run, args=(self._answer,), name="gauges", daemon=True
            ).start()
            return self._answer

    def _run(self, answer: "Future[T | None]") -> None:
        try:
            answer.set_result(self._ask())
        except HostdownError:
            answer.set_result(None)
        except Exception:
            LOG.exception("Metrics could not be read for a reason that nobody foresaw")
            answer.set_result(None)


class Gauges:
    """Those of a whole deployment, as one server sees them. Any thread may ask."""

    def __init__(
        self, directory: Directory, cells: Cells, host: str, liveness: LivenessPolicy, clock: Clock
    ) -> None:
        """`host`: the name of this server, by which it leads."""
        self._host = host
        self._liveness = liveness
        self._clock = clock
        self._databases = {
            table.DIRECTORY_NAME: Asked(lambda: directory.read(self._of_directory), clock.monotonic)
        }
        for cell in cells.all():
            work = partial(self._of_cell, name=cell.name)
            self._databases[cell.name] = Asked(partial(cell.read, work), clock.monotonic)

    def read(self) -> list[Series]:
        """All; takes ANSWER_S at most, and never fails."""
        answers = {name: asked.answer() for name, asked in self._databases.items()}
        done, _ = wait_for(answers.values(), timeout=ANSWER_S)
        found: list[Series] = []
        for name, answer in answers.items():
            series = answer.result() if answer in done else None
            found.append(one(table.DATABASE_UP, series is not None, name))
            found += series or ()
        return found

    def _of_cell(self, rows: CellRows, name: str) -> list[Series]:
        now = self._clock.now()
        life = window(now, self._liveness)
        services = rows.services.find(None, COMPUTE)
        led = rows.leaders.get(CONTROLLER)
        return [
            *_hosts(name, services, life),
            *_recoveries(name, rows.recoveries.open(), now),
            _broken(name, rows.fence_checks.all()),
            *_outbox(name, rows.outbox.depth(), now),
            self._leads(CONTROLLER, name, led),
        ]

    def _of_directory(self, rows: DirectoryRows) -> list[Series]:
        now = self._clock.now()
        dead = rows.dead_letters.counts()
        return [
            *_deliveries(rows.deliveries.waiting(), now),
            *(one(table.DEAD_LETTERS, dead.get(each, 0), each) for each in Channel),
            *_outbox(table.DIRECTORY_NAME, rows.outbox.depth(), now),
            self._leads(NOTIFIER, table.DIRECTORY_NAME, rows.leaders.get(NOTIFIER)),
        ]

    def _leads(self, role: str, database: str, led: Led | None) -> Series:
        """A holder's name is its server's, a blank, and what tells its processes apart."""
        mine = led is not None and led.holder.rpartition(" ")[0] == self._host
        return one(table.LEADS, mine, role, database)


def host_state(service: Service, life: Window) -> str:
    """One of HOST_STATES."""
    holds = (
        service.forced_down,
        is_unreachable(service),
        state_in(service, life) is State.DOWN,
        in_maintenance(service),
        service.disabled,
        True,
    )
    return next(state for state, it_does in zip(HOST_STATES, holds, strict=True) if it_does)


def _hosts(cell: str, services: Iterable[Service], life: Window) -> Iterator[Series]:
    counts = Counter(host_state(each, life) for each in services)
    for state in HOST_STATES:
        yield one(table.HOSTS, counts[state], cell, state)


def _recoveries(cell: str, found: Sequence[Recovery], now: datetime) -> Iterator[Series]:
    counts = Counter((each.stage, each.held) for each in found)
    begun: dict[Stage, datetime] = {}
    for each in found:
        begun[each.stage] = min(each.begun_at, begun.get(each.stage, each.begun_at))
    for stage in Stage:
        if stage in OVER:
            continue
        for held in Held if stage is Stage.HELD else (None,):
            yield one(table.RECOVERIES, counts[stage, held], cell, stage, held or "")
        yield one(table.RECOVERY_AGE, _age_s(begun.get(stage), now), cell, stage)


def _broken(cell: str, checks: Iterable[FenceCheck]) -> Series:
    return one(table.FENCING_BROKEN, sum(each.is_broken for each in checks), cell)


def _outbox(database: str, depth: Depth, now: datetime) -> Iterator[Series]:
    yield one(table.OUTBOX, depth.waiting, database)
    yield one(table.OUTBOX_AGE, _age_s(depth.since, now), database)


def _deliveries(waiting: Iterable[Waiting], now: datetime) -> Iterator[Series]:
    counts: Counter[Channel] = Counter()
    oldest: dict[Channel, datetime] = {}
    for each in waiting:
        counts[each.channel] += each.waiting
        oldest[each.channel] = min(each.since, oldest.get(each.channel, each.since))
    for channel in Channel:
        yield one(table.DELIVERIES, counts[channel], channel)
        yield one(table.DELIVERIES_AGE, _age_s(oldest.get(channel), now), channel)


def _age_s(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max((now - since).total_seconds(), 0.0)
