"""An observer looks which hosts are silent, and tells it in the cell (DESIGN §9).

Nobody walks through all hosts: each is due once its newest pulse is as old as a silent one's, and
then it is silent, or due again; and of one that is silent the next pulse is told. Only changes are
written, and a sign of life of the observer.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta
from heapq import heappop, heappush
from queue import Empty
from typing import TypeVar

from hostdown.domain.sight import Patience, Sight, Vote, is_blind, sight
from hostdown.services.cell_ports import Cell, CellRows
from hostdown.services.ports import Clock
from hostdown.services.pulses import PulseBook
from hostdown.services.roll_call import RollCall
from hostdown.services.sight_ports import Silence
from hostdown.services.suspects import Suspects

T = TypeVar("T")

LOG = logging.getLogger(__name__)

NS = 1_000_000_000
FIRST = timedelta(seconds=15)
"""One and a half times the usual interval between two reports."""
VOTE_EVERY_S = 0.25
"""How often an observer gives a sign of life if nothing else is to be told."""
BEHIND_MAX_NS = NS // 5
"""An observer that has not read what arrived longer ago gives none: somebody may be back. Nor does
one that has lost pulses since it would have missed a host."""


class Hearing:
    """Up to when an observer has read all that arrived, and since when without a loss; ns.

    Written by the thread that hears. What was lost may have been anybody's, so that no silence from
    before counts.
    """

    def __init__(self) -> None:
        self.since_ns: int | None = None
        self.until_ns = 0
        self._lost = 0

    def begin(self, now_ns: int, lost: int) -> None:
        """It hears from now on."""
        self.until_ns, self._lost, self.since_ns = now_ns, lost, now_ns

    def read(self, until_ns: int, lost: int) -> None:
        """All has been read that arrived before this time; `lost` in all."""
        if lost != self._lost:
            self._lost, self.since_ns = lost, until_ns
        self.until_ns = until_ns


class Lookout:
    """One observer's. Called by one thread; `name` is its server's in `os-services`."""

    def __init__(
        self,
        name: str,
        cell: Cell,
        book: PulseBook,
        hearing: Hearing,
        patience: Patience,
        clock: Clock,
        suspects: Suspects,
        first: timedelta = FIRST,
    ) -> None:
        """`first`: so long after it began it has heard each host that lives, or that reported."""
        self._name = name
        self._cell = cell
        self._book = book
        self._hearing = hearing
        self._patience = patience
        self._clock = clock
        self._roll = RollCall(cell, book, first)
        self._suspects = suspects
        self._suspected: set[str] = set()
        """Those that are silent because others say so."""
        self._due: list[tuple[int, str]] = []
        self._watched: set[str] = set()
        self._silent: dict[str, datetime] = {}
        self._unsure: set[str] = set()
        """Silent hosts whose pulse may have come before it was told of."""
        self._is_told = False
        """Whether it is as the cell has it."""
        self._left: list[tuple[str, int]] = []
        """Who said farewell, and in which session, until it is told."""
        self._told: dict[str, datetime] | None = None
        """What stands in the cell; None as long as it was not read."""
        self._beats = 0
        self._vote = Vote(name, 0, 0, 0, blind=True)
        self._vote_due = clock.monotonic()

    def turn(self) -> None:
        """See who is silent, and tell what changed; raises CellUnavailable, and tells it later."""
        since_ns = self._hearing.since_ns
        if since_ns is None:
            return
        until_ns = self._hearing.until_ns
        if self._told is None:
            self._adopt(until_ns)
        self._take_back(until_ns)
        missing = dict.fromkeys(self._roll.missing(until_ns), self._clock.now())
        found = self._found(until_ns, since_ns)
        self._doubt(found, until_ns)
        # What was lost may have been the first pulses of one that is back.
        has_lost = until_ns - since_ns < self._patience.silent_ns
        is_behind = has_lost or round(self._clock.monotonic() * NS) - until_ns > BEHIND_MAX_NS
        if self._vote.blind:
            self._again(found, until_ns)
        else:
            self._add(found | missing)
            for host in missing:
                self._roll.strike(host)
            self._suspect()
        self._tell(is_behind)

    # ------------------------------------------------------------------------------- who is silent

    def _take_back(self, until_ns: int) -> None:
        """Silent hosts that are heard again, or gone; and watch others that are heard anew."""
        stirred = set(_taken(self._book.stirred.get_nowait))
        unsure, self._unsure = self._unsure, set()
        for host in stirred:
            self._roll.strike(host)
            is_known = host in self._silent or host in self._watched
            if not is_known and not self._book.is_gone(host):
                self._push(host, until_ns + self._patience.silent_ns)
        for host in (stirred | unsure) & self._silent.keys():
            if self._is_back(host, until_ns):
                self._drop(host)
            elif host in stirred:
                self._wait_for(host)

    def _wait_for(self, host: str) -> None:
        """A pulse that came since its newest was looked at is seen in the next turn."""
        self._book.wait_for(host)
        self._unsure.add(host)

    def _add(self, hosts: Mapping[str, datetime]) -> None:
        for host, at in hosts.items():
            self._silent[host] = at
            self._wait_for(host)
            self._is_told = False

    def _drop(self, host: str) -> None:
        del self._silent[host]
        self._is_told = False

    def _found(self, until_ns: int, since_ns: int) -> dict[str, datetime]:
        """Those that became silent, and since when."""
        now, now_ns = self._clock.now(), round(self._clock.monotonic() * NS)
        found: dict[str, datetime] = {}
        while self._due and self._due[0][0] <= until_ns:
            _, host = heappop(self._due)
            self._watched.discard(host)
            newest_ns = self._book.newest_ns(host)
            if newest_ns is None:
                continue  # it is deleted, or said farewell
            judged_ns = max(newest_ns, since_ns)
            if sight(judged_ns, until_ns, self._patience) is Sight.SILENT:
                found[host] = now - timedelta(microseconds=(now_ns - newest_ns) // 1000)
            else:
                self._push(host, judged_ns + self._patience.silent_ns)
        return found

    def _suspect(self) -> None:
        """A host that was never heard is silent as long as it is suspect."""
        suspects = self._suspects.ids
        self._suspected &= self._silent.keys()
        for host in self._suspected - suspects:
            self._drop(host)
        self._suspected &= suspects
        for host in suspects - self._silent.keys():
            if self._book.newest_ns(host) is None and not self._book.is_gone(host):
                self._add({host: self._clock.now()})
                self._suspected.add(host)

    def _again(self, hosts: Iterable[str], until_ns: int) -> None:
        """They are looked at again a little later."""
        for host in hosts:
            self._push(host, until_ns + self._patience.silent_ns - self._patience.late_ns)

    def _push(self, host: str, due_ns: int) -> None:
        self._watched.add(host)
        heappush(self._due, (due_ns, host))

    def _is_back(self, host: str, until_ns: int) -> bool:
        """Whether it is heard again, or gone; then it is looked after as before."""
        newest_ns = self._book.newest_ns(host)
        if newest_ns is None:  # if it is not gone, the observer before this one heard it
            return self._book.is_gone(host)
        if sight(newest_ns, until_ns, self._patience) is Sight.SILENT:
            return False
        self._push(host, newest_ns + self._patience.silent_ns)
        return True

    def _doubt(self, found: Collection[str], until_ns: int) -> None:
        """Whether it is this observer that does not hear; hosts that are known to be silent do not
        count. All are looked at only where it matters."""
        heard = known = len(self._watched) + len(found)
        known += len(self._roll)
        if found or self._vote.blind or known > heard:
            heard = sum(self._is_heard(host, until_ns) for host in self._watched)
        blind = is_blind(heard, known)
        if blind and not self._vote.blind:
            LOG.warning(
                "Of %d hosts %d are heard: this observer may be the one cut off", known, heard
            )
        self._vote = self._vote._replace(heard=heard, known=known, blind=blind)

    def _is_heard(self, host: str, until_ns: int) -> bool:
        newest_ns = self._book.newest_ns(host)
        return newest_ns is not None and sight(newest_ns, until_ns, self._patience) is Sight.HEARD

    # ------------------------------------------------------------------------------ what is told

    def _adopt(self, until_ns: int) -> None:
        """What the observer before this one found silent is so until it is heard."""
        seen = self._cell.read(lambda rows: rows.sights.all())
        ours = [each for each in seen.silences if each.observer == self._name]
        self._told = {each.host_id: each.since for each in ours}
        self._silent, self._unsure = dict(self._told), set(self._told)
        self._roll.begin(self._silent, self._clock.now(), until_ns)
        self._beats = max(
            (each.beats for each in seen.votes if each.observer == self._name), default=0
        )

    def _tell(self, is_behind: bool) -> None:
        told, silent = self._told or {}, self._silent
        new, over = [], []
        if not self._is_told:
            here = self._name
            new = [Silence(here, host, at) for host, at in silent.items() if told.get(host) != at]
            over = [host for host in told if host not in silent]
        now = self._clock.monotonic()
        if not (new or over) and (is_behind or now < self._vote_due):
            return
        self._left += _taken(self._book.departed.get_nowait)
        self._beats += not is_behind
        vote = self._vote = self._vote._replace(beats=self._beats)

        def work(rows: CellRows) -> None:
            rows.sights.add(new)
            rows.sights.remove(self._name, over)
            rows.sights.put(vote)
            for host, session in self._left:
                rows.farewells.put(host, session)

        self._cell.write(work)
        self._left.clear()
        if not self._is_told:
            self._told, self._is_told = dict(silent), True
        self._vote_due = now + VOTE_EVERY_S


def _taken(get: Callable[[], T]) -> Iterable[T]:
    while True:
        try:
            yield get()
        except Empty:
            return
