"""Checks every host's fencing now and then, and tells of a path that broke before it is needed.

Only the leader does, at a pace that spreads the hosts over the interval, with a crew of its own:
nothing that a check waits for keeps a recovery waiting. While a host is about to be fenced no check
begins.
"""

import logging
from collections import deque
from datetime import datetime, timedelta
from functools import partial

from hostdown.domain.fence_checks import FenceCheck, LevelSeen, Tell, checked, due_at
from hostdown.domain.fence_errors import FencingFileUnusable, HostWithoutFencing
from hostdown.domain.model import COMPUTE, Caller, Change, HostRecord
from hostdown.domain.recovery import Stage
from hostdown.services.cell_ports import Cell, CellRows
from hostdown.services.directory_ports import Directory
from hostdown.services.fence_check_ports import CheckCrew, Looked
from hostdown.services.fence_ports import FencePaths
from hostdown.services.fence_tests import Tried, levels_tried
from hostdown.services.leadership import Leadership
from hostdown.services.ports import Cells, Clock

LOG = logging.getLogger(__name__)

PACE_MAX_S = 1.0
"""One host is begun in so many seconds at the slowest, so that new ones do not wait for long."""
PLAN_EVERY_S = 10.0
"""How often it is looked which hosts are due."""
CHECKER = Caller("", "fence-check", None, (), "-")
_BUSY = frozenset({Stage.HOLDING_OFF, Stage.FENCING})


class FenceChecks:
    """Of the hosts of one cell. Called by one thread."""

    def __init__(
        self,
        cell: Cell,
        directory: Directory,
        leadership: Leadership,
        paths: FencePaths,
        crew: CheckCrew,
        interval: timedelta,
        clock: Clock,
    ) -> None:
        self._cell = cell
        self._directory = directory
        self._leadership = leadership
        self._paths = paths
        self._crew = crew
        self._interval = interval
        self._clock = clock
        self._waiting: deque[str] = deque()
        """Hosts that are due, the longest overdue first."""
        self._pace_s = PACE_MAX_S
        self._plan_at = self._begin_at = clock.monotonic()

    def turn(self, now: datetime) -> None:
        """Keep what ended, begin what is due; raises CellUnavailable, DirectoryUnavailable."""
        if not self._leadership.campaign():
            return
        for looked in self._crew.results():
            self._cell.write(partial(self._keep, looked=looked))
        at = self._clock.monotonic()
        if not self._waiting and at >= self._plan_at:
            self._plan_at = at + PLAN_EVERY_S
            self._plan(now)
        if self._waiting and at >= self._begin_at and not self._cell.read(_is_busy):
            self._begin(self._waiting[0], at)

    def _begin(self, host: str, at: float) -> None:
        """A directory that does not answer says nothing of the host's devices."""
        record = self._directory.read(lambda rows: rows.hosts.named(host))
        if record is None or self._crew.begin(host, partial(self._look, record)):
            self._waiting.popleft()
            self._begin_at = at + self._pace_s

    def _plan(self, now: datetime) -> None:
        """Of a host that has no service yet nothing would be kept."""
        records = self._directory.read(lambda rows: rows.hosts.all())
        services, checks = self._cell.read(
            lambda rows: (rows.services.find(None, COMPUTE), rows.fence_checks.all())
        )
        ours = {each.name for each in records if each.cell == self._cell.name}
        hosts, known = ours & {each.host for each in services}, {each.host: each for each in checks}
        for gone in known.keys() - hosts:
            self._cell.write(partial(_forget, host=gone))
        due = [host for host in sorted(hosts) if _is_due(known.get(host), now, self._interval)]
        due.sort(key=lambda host: known[host].checked_at if host in known else datetime.min)
        self._waiting.extend(due)
        self._pace_s = min(PACE_MAX_S, self._interval.total_seconds() / 2 / max(1, len(hosts)))

    def _look(self, record: HostRecord) -> Looked:
        """By a thread of the crew's."""
        at = self._clock.now()
        try:
            levels = [_seen(each) for each in levels_tried(record, self._paths)]
        except (HostWithoutFencing, FencingFileUnusable) as error:
            return Looked(record.name, at, (), str(error))
        return Looked(record.name, at, levels, None)

    def _keep(self, rows: CellRows, looked: Looked) -> None:
        services = rows.services.find(looked.host, COMPUTE)
        if not self._leadership.holds(rows) or not services:
            return
        before = rows.fence_checks.get(looked.host)
        kept, tell = checked(before, looked.host, looked.levels, looked.problem, looked.at)
        rows.fence_checks.put(kept)
        if tell is not None:
            told = {"problems": kept.problems}
            rows.journal.record(Change(looked.at, CHECKER, tell.value, {}, told), services[0])
            _log(kept, tell)


def fence_status(cells: Cells, directory: Directory) -> list[tuple[str, FenceCheck | None]]:
    """Every host by name, with its last check; raises DirectoryUnavailable, CellUnavailable."""
    known: dict[str, FenceCheck] = {}
    for cell in cells.all():
        known |= {each.host: each for each in cell.read(lambda rows: rows.fence_checks.all())}
    records = directory.read(lambda rows: rows.hosts.all())
    return [(each.name, known.get(each.name)) for each in records]


def _forget(rows: CellRows, host: str) -> None:
    rows.fence_checks.forget(host)


def _is_busy(rows: CellRows) -> bool:
    return any(each.stage in _BUSY for each in rows.recoveries.open())


def _is_due(seen: FenceCheck | None, now: datetime, interval: timedelta) -> bool:
    """Also where the clock was set back since."""
    return seen is None or not seen.checked_at <= now < due_at(seen, interval)


def _seen(tried: Tried) -> LevelSeen:
    power = None if tried.seen is None else tried.seen.power.value
    return LevelSeen(tried.level, tried.driver, power, tried.problem)


def _log(kept: FenceCheck, tell: Tell) -> None:
    if tell is Tell.WORKS:
        LOG.info("Host %s could be fenced again", kept.host)
    else:
        LOG.warning("Host %s could not be fenced: %s", kept.host, " ".join(kept.problems))
