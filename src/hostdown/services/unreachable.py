"""Which hosts most observers find silent, as the leader of a cell writes it down (DESIGN §9).

It is reversible: owners see `host_status` UNKNOWN until the host is heard or reports, its service's
state stays what its reports say, and no permit ends by it.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from hostdown.domain.host_words import SILENT
from hostdown.domain.model import COMPUTE, Caller, Change
from hostdown.domain.sight import Vote, agreed
from hostdown.services.cell_ports import Cell, CellRows
from hostdown.services.directory_ports import Directory
from hostdown.services.leadership import Leadership
from hostdown.services.sight_ports import Sights, Silence

VOTE_LIFE_S = 1.0
"""An observer that gave no sign of life for so long has no vote."""
UNREACHABLE, REACHABLE = "host.unreachable", "host.reachable"
OBSERVERS = Caller("", "observers", None, (), "-")


class Electorate:
    """Which observers have a vote: those that live and hear. Nobody compares clocks."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._seen: dict[str, tuple[int, float]] = {}
        self._after: dict[str, float] = {}
        """An observer gave its newest sign of life after this look, at which it was not there."""
        self._looked_at = float("-inf")

    def voters(self, votes: list[Vote]) -> list[str]:
        """Of those that tell of themselves, by name. One that is new has a vote once it goes on."""
        now = self._monotonic()
        found = []
        for vote in votes:
            beats, at = self._seen.get(vote.observer, (vote.beats, now - VOTE_LIFE_S))
            if vote.beats != beats:
                at, self._after[vote.observer] = now, self._looked_at
            self._seen[vote.observer] = (vote.beats, at)
            if now - at < VOTE_LIFE_S and not vote.blind:
                found.append(vote.observer)
        self._looked_at = now
        return found

    def lived(self, observer: str, since: float) -> bool:
        """Whether it certainly gave a sign of life since then."""
        return self._after.get(observer, float("-inf")) >= since


class Verdicts:
    """Called by one thread."""

    def __init__(
        self,
        cell: Cell,
        directory: Directory,
        leadership: Leadership,
        monotonic: Callable[[], float],
    ) -> None:
        self._cell = cell
        self._directory = directory
        self._leadership = leadership
        self._electorate = Electorate(monotonic)
        self._term: int | None = None
        self._named: dict[str, str] = {}
        """The names of hosts by their ids."""
        self._unreachable: set[str] = set()
        """Names of hosts, as this one found or wrote it."""
        self._silences: set[Silence] = set()
        """What observers told at the last turn."""

    def turn(self, now: datetime) -> None:
        """Write what the observers agree on; raises CellUnavailable, DirectoryUnavailable."""
        if not self._leadership.campaign():
            self._term = None
            return
        seen = self._cell.read(self._look)
        voters = self._electorate.voters(seen.votes)
        if not voters or not (seen.silences or self._unreachable):
            return
        silences, before = set(seen.silences), self._silences
        self._silences = silences
        lasting = self._names(_silent(silences & before, voters))
        # Another silence than before: it was heard in between, and is told so first.
        names = self._names(_silent(silences, voters)) - (self._unreachable - lasting)
        new = names - self._unreachable
        over = self._unreachable - names
        if not (new or over):
            return
        self._term = None  # what was written is read anew, unless it is known to be there
        if self._cell.write(lambda rows: self._write(rows, new, over, now)):
            self._term, self._unreachable = self._leadership.term, (self._unreachable | new) - over

    def misses(self, rows: CellRows, host_id: str, since: float) -> bool:
        """Whether most observers find a host silent, by signs of life given since then (monotonic).

        What was found stays while no observer hears or while the leader is busy: nobody is fenced
        by that.
        """
        seen = rows.sights.all()
        voters = self._electorate.voters(seen.votes)
        lasting = self._silences.intersection(seen.silences)
        sure = {each for each in lasting if self._electorate.lived(each.observer, since)}
        return host_id in _silent(sure, voters)

    def _look(self, rows: CellRows) -> Sights:
        seen = rows.sights.all()
        if self._term != self._leadership.term:
            self._unreachable = {each.host for each in rows.sights.unreachable()}
            self._term, self._silences = self._leadership.term, set(seen.silences)
        return seen

    def _names(self, host_ids: set[str]) -> set[str]:
        """Of this cell's hosts. One that is not known is looked for at each turn: it is new, or it
        is deleted and observers forget it soon."""
        if host_ids - self._named.keys():
            records = self._directory.read(lambda rows: rows.hosts.all())
            ours = (each for each in records if each.cell == self._cell.name)
            self._named = {each.id: each.name for each in ours}
        return {self._named[host_id] for host_id in host_ids if host_id in self._named}

    def _write(self, rows: CellRows, new: set[str], over: set[str], now: datetime) -> bool:
        if not self._leadership.holds(rows):
            return False
        for host in sorted(new | over):
            at = now if host in new else None
            found = rows.services.find(host, COMPUTE)
            if found and rows.sights.reach(found[0], at):
                event = UNREACHABLE if at else REACHABLE
                was, becomes = {SILENT: found[0].told_silent}, {SILENT: at is not None}
                rows.journal.record(Change(now, OBSERVERS, event, was, becomes), found[0])
        return True


def _silent(silences: Iterable[Silence], voters: Iterable[str]) -> set[str]:
    """The ids of hosts that most voters find so."""
    return agreed([(each.observer, each.host_id) for each in silences], voters)
