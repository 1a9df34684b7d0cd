"""How long recoveries take, counted as it happens, by one server of all.

Each line of a timeline is counted once: which ones were is a number in the cell's database, and
whoever writes the next one counts what lies between. So no leader is needed, and a server that is
killed loses at most the lines that it was just about to count.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from hostdown.domain import metric_table as table
from hostdown.domain.migration import Status
from hostdown.domain.recovery import Stage
from hostdown.domain.stage_times import Took, took
from hostdown.services.cell_ports import Cell, CellRows
from hostdown.services.directory_ports import Directory, DirectoryRows
from hostdown.services.leader_ports import Led
from hostdown.services.metric_ports import Counts
from hostdown.services.migration_ports import MigrationQuery
from hostdown.services.ports import Cells
from hostdown.services.recovery_ports import SILENT_SINCE, Entry, Line, Recovery
from hostdown.services.recovery_steps import caller
from hostdown.services.together import try_all
from hostdown.services.unreachable import UNREACHABLE

MEASURER = "measurer"
"""The row of whoever counted last; its `beats` is the number of the last line that was counted."""
LINES_MAX = 200
"""That are looked at in one turn of one cell."""
SETTLED = timedelta(seconds=2)
"""A line that is younger waits: a transaction that was given a lower number may still commit."""
AWAITED_MAX = 1000
"""Verdicts that some receiver has not taken yet; of more the oldest are not counted."""
AWAITED_FOR = timedelta(minutes=10)
"""After that long nobody waits for the last receiver any more."""
AWAITED_AT_A_TIME = 50
"""That are looked at in one turn."""
TELLINGS_MAX = 100
"""Of a host since the verdict; its own is the first of its kind."""


class _Time(NamedTuple):
    """What is to be counted."""

    what: Took
    seconds: float


class _Found(NamedTuple):
    """What new lines of a cell say. `verdicts`: hosts, and when they were found silent."""

    seen: Led | None
    upto: int
    stages: list[Stage]
    times: list[_Time]
    verdicts: list[tuple[str, datetime]]


class StageTimes:
    """Called by one thread, about once a second."""

    def __init__(self, directory: Directory, cells: Cells, me: str, counts: Counts) -> None:
        """`me` is another one for each process that ever runs."""
        self._directory = directory
        self._cells = cells
        self._me = me
        self._counts = counts
        self._awaited: deque[tuple[str, datetime, bool]] = deque(maxlen=AWAITED_MAX)
        """Hosts, when each was found silent, and whether its distribution was counted."""

    def turn(self, now: datetime) -> None:
        """Count what happened; raises what databases raise after all were looked at."""
        works = [partial(self._count, cell, now) for cell in self._cells.all()]
        try_all((*works, partial(self._look_who_took, now)))

    def _count(self, cell: Cell, now: datetime) -> None:
        found = cell.read(lambda rows: _look(rows, now))
        if found is None:
            return
        seen = found.seen
        term = 1 if seen is None else seen.term + (seen.holder != self._me)
        after = Led(self._me, term, found.upto)
        if not cell.write(lambda rows: rows.leaders.put(MEASURER, seen, after)):
            return
        for stage in found.stages:
            self._counts.add(table.STAGES, (stage.value,))
        for each in found.times:
            self._observe(each.what, each.seconds)
        self._awaited += [(host, at, False) for host, at in found.verdicts]

    def _observe(self, what: Took, seconds: float) -> None:
        self._counts.observe(table.STAGE_SECONDS, (what.value,), max(seconds, 0.0))

    def _look_who_took(self, now: datetime) -> None:
        """Of the news of verdicts: whether it was given to its receivers, and all have it."""
        for _ in range(min(len(self._awaited), AWAITED_AT_A_TIME)):
            host, verdict, is_counted = self._awaited[0]
            found = self._directory.read(partial(_telling, host=host, verdict=verdict))
            self._awaited.popleft()
            if found is not None and not is_counted:
                is_counted = True
                self._observe(Took.DISTRIBUTED, (found[0] - verdict).total_seconds())
            if found is not None and found[1] is not None:
                self._observe(Took.RECEIVED, (found[1] - verdict).total_seconds())
            elif now - verdict < AWAITED_FOR:
                self._awaited.append((host, verdict, is_counted))


def _telling(
    rows: DirectoryRows, host: str, verdict: datetime
) -> tuple[datetime, datetime | None] | None:
    """When it was distributed, and when the last receiver had it; None if nobody is told."""
    found = rows.tellings.of_host(host, verdict, TELLINGS_MAX)
    told = next((each for each in found if each.type == UNREACHABLE), None)
    if told is None:
        return None
    return told.distributed_at, told.last_at if told.taken >= told.receivers else None


def _look(rows: CellRows, now: datetime) -> _Found | None:
    """What is new; None if nothing is."""
    seen = rows.leaders.get(MEASURER)
    if seen is None:  # what was before the first look is nobody's
        return _Found(None, rows.timelines.newest(), [], [], [])
    lines = _settled(rows.timelines.after(seen.beats, LINES_MAX), now)
    if not lines:
        return None
    found = _Found(seen, lines[-1].number, [], [], [])
    for line in lines:
        _read(rows, line, found)
    return found


def _settled(lines: Sequence[Line], now: datetime) -> Sequence[Line]:
    young = (place for place, line in enumerate(lines) if now - line.entry.at < SETTLED)
    return lines[: next(young, len(lines))]


def _read(rows: CellRows, line: Line, found: _Found) -> None:
    """Add to what was found what a line says."""
    recovery, details = rows.recoveries.get(line.recovery), line.entry.details
    if recovery is None:
        return
    verdict = recovery.silent_at
    if SILENT_SINCE in details:
        found.stages.append(Stage.HOLDING_OFF)
        found.verdicts.append((recovery.host, verdict))
        if details[SILENT_SINCE] is not None:
            since = datetime.fromisoformat(str(details[SILENT_SINCE]))
            found.times.append(_Time(Took.DETECTED, (verdict - since).total_seconds()))
    arrivals = _arrivals(rows.timelines.of(recovery.id))
    stage = next((stage for stage, entry in arrivals if entry == line.entry), None)
    if stage is None:
        return
    found.stages.append(stage)
    first: dict[Stage, datetime] = {}
    for each, entry in arrivals:
        first.setdefault(each, entry.at)
    if first[stage] == line.entry.at:
        found.times.extend(_times(rows, recovery, line.entry, stage, first))


def _stage(entry: Entry) -> Stage | None:
    """The stage after what a line tells of; None if it says nothing of that."""
    said = entry.details.get("stage")
    return None if said is None else Stage(str(said))


def _arrivals(timeline: Sequence[Entry]) -> list[tuple[Stage, Entry]]:
    """When the recovery came to a stage, each time, and what was written then."""
    found: list[tuple[Stage, Entry]] = []
    before: Stage | None = Stage.HOLDING_OFF
    for entry in timeline:
        stage = _stage(entry)
        if stage is not None and stage is not before:
            found.append((stage, entry))
            before = stage
    return found


def _times(
    rows: CellRows, seen: Recovery, entry: Entry, stage: Stage, first: Mapping[Stage, datetime]
) -> Iterator[_Time]:
    """What ended when it came to a stage for the first time."""
    if stage is not Stage.DONE:
        found = took(stage, first, seen.silent_at)
        if found is not None:
            yield _Time(found[0], found[1].total_seconds())
        return
    forced_down, back = first.get(Stage.EVACUATING), _back(rows, seen)
    if entry.details.get("moved"):  # by a cloud, which does not say when
        back = [entry.at]
    if forced_down is None or not back:
        return
    if not entry.details.get("moved"):
        yield _Time(Took.FIRST_SERVER_BACK, (min(back) - forced_down).total_seconds())
    yield _Time(Took.ALL_SERVERS_BACK, (max(back) - forced_down).total_seconds())


def _back(rows: CellRows, seen: Recovery) -> list[datetime]:
    """When each of its servers ran again."""
    mine = [("request_id", [caller(seen).request_id]), ("source_host", [seen.host])]
    found = rows.migrations.find(MigrationQuery(equal=mine))
    return [
        each.updated_at
        for each in found
        if each.status is Status.DONE and each.updated_at is not None
    ]
