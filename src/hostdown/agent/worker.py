"""Makes the host match what the server asks of it: level-triggered, idempotent, a turn at a time.

`step` does one turn; a few threads call it, or a swarm, or a test. Nothing is started before a
session began and the server took a complete inventory (NEVER-TWICE W2): assignments come after it.
"""

import logging
import threading
from collections.abc import Mapping, Sequence

from hostdown.agent.errors import OnItsWay, Stopped
from hostdown.agent.guest_errors import HypervisorSilent
from hostdown.agent.patience import AGAIN
from hostdown.agent.reconciling import Reconciler
from hostdown.agent.seeing import Row, had, mine, rows, told
from hostdown.agent.settling import is_settled
from hostdown.agent.site import Site, Standing, Teller
from hostdown.agent.work import Turns, WorkQueue
from hostdown.domain.assignment import Assignment, Assignments, Had, Outcome, PowerState, Wanted
from hostdown.domain.errors import HostdownError
from hostdown.services.ports import Clock

LOG = logging.getLogger("hostdown.agent")

AGAIN_S = 1.0
"""Until an instance whose hypervisor, image or disk was not free gets another turn (S3)."""

ON_ITS_WAY_S = 0.1
"""The same of one that is sent elsewhere, or is to be sent here: nobody runs it at the end."""

BROKEN_AGAIN_S = 10.0
"""The same after a turn that broke down, which is a bug."""

SWEEP_EVERY_S = 3600.0
"""Between two sweeps of the pool's old claims and tombstones."""

_LOOK = "look"
_SWEEP = "sweep"
_TELL_ALL = "tell all"


class Worker:
    """One host's. Safe between threads.

    With `turns` of others it asks there, and whoever runs them calls `serve` instead of `step`.
    """

    def __init__(
        self, site: Site, teller: Teller, clock: Clock, turns: Turns | None = None
    ) -> None:
        self._site = site
        self._teller = teller
        self._clock = clock
        self._own = WorkQueue(clock)
        self._queue: Turns = turns or self._own
        self._lock = threading.Lock()
        self._me: Standing | None = None
        self._reconciler: Reconciler | None = None
        self._asked: Mapping[str, Assignment] | None = None
        self._held = False
        self._moved: frozenset[str] = frozenset()
        self._turns: dict[str, Mapping[str, Assignment] | None] = {}
        """What was asked when each turn began that is not over."""
        self._answered: dict[str, int] = {}
        """The generation whose surrender the server has heard of, by instance."""
        self._void: dict[str, int] = {}
        """The generation that the server knows to be ended, by instance."""
        self._strange: frozenset[str] = frozenset()
        """Instances that the server was told of and says nothing about."""
        self.broken: Stopped | None = None
        """What ended the worker: nothing is done any more."""

    @property
    def standing(self) -> Standing | None:
        """Which host this is; None before its first session."""
        return self._me

    def begin(self, me: Standing) -> None:
        """A session began: who this host is from now on. What came of orders is told again."""
        if self._me is None:
            self._tidy(me.host)
        with self._lock:
            self._me = me
            self._reconciler = Reconciler(self._site, me, self._teller)
        self._tell_all()
        self._queue.put(_LOOK)
        self._queue.put(_SWEEP)

    def assign(self, assignments: Assignments) -> None:
        """What the server asks; it was checked to be its newest word (P5)."""
        asked = {each.uuid: each for each in assignments.instances}
        with self._lock:
            before, self._asked = self._asked, asked
            if self._held and not assignments.held:
                before = None
            self._held, self._moved = assignments.held, assignments.moved
        free = not assignments.held  # a host that is forced down starts nothing (W4)
        may_claim = {k: each for k, each in asked.items() if free or each.wanted is Wanted.GONE}
        self._site.word.says(may_claim)
        for uuid in assignments.moved - asked.keys():
            self._queue.put(uuid)
        notes = {note.uuid: note for note in self._site.notes.all()}
        for uuid in asked.keys() | notes.keys() | self._site.live.all().keys():
            if before is None or before.get(uuid) != asked.get(uuid):
                self._queue.put(uuid)
        for uuid, note in notes.items():
            heard = self._answered.get(uuid) == note.generation
            if uuid not in asked and not note.open and heard:
                # Its permit ended and the server knows it: no later list brings it back (P5).
                self._site.notes.drop(uuid)
                del self._answered[uuid]
                self._void.pop(uuid, None)

    def have(self) -> Sequence[Had]:
        """Every permit that was not given up, whatever the server asks."""
        return [had(note) for note in self._site.notes.all() if note.open]

    def has_any(self) -> bool:
        """Whether this host has, or is asked for, anything at all."""
        return bool(self._asked) or bool(self._site.notes.all())

    def unlisted(self) -> set[tuple[str, int]]:
        """Those of them that the newest list knows nothing of, or only older ones.

        They go on: a list that lacks them may be of a database that lost them (NEVER-TWICE P5).
        """
        with self._lock:
            asked = self._asked
        if asked is None:
            return set()
        return {
            (note.uuid, note.generation)
            for note in self._site.notes.all()
            if note.open
            and (note.uuid not in asked or asked[note.uuid].generation < note.generation)
        }

    def end_permits(self, told: Sequence[Had], ended: Mapping[str, int]) -> None:
        """The server was told of what this host has, and says which of it was ended."""
        with self._lock:
            asked = self._asked or {}
            self._void.update(ended)
            self._strange = frozenset(each.uuid for each in told) - ended.keys() - asked.keys()
        for uuid in ended:
            self._queue.put(uuid)

    def asks(self) -> float:
        """The moment of a question for assignments."""
        return self._site.clock.boottime()

    def heard(self, asked_at: float) -> None:
        """The answer came: what was assigned was wanted then, as far as nothing else was told."""
        self._site.word.heard(asked_at)

    def told(self, outcome: Outcome) -> None:
        """The server answered it."""
        if outcome.gone:
            self._answered[outcome.uuid] = outcome.generation

    def is_settled(self) -> bool:
        """Whether nothing is left here that the newest list does not ask for.

        Called by the thread that calls `assign`, so no newer list comes meanwhile.
        """
        with self._lock:
            me, asked = self._me, self._asked
            if any(begun is not asked for begun in self._turns.values()):
                return False  # it may yet bring about what an older list asked for
        if me is None or asked is None:
            return False
        try:
            return is_settled(self._site, me, asked, self._answered, self._strange)
        except HypervisorSilent:
            return False

    def look(self) -> None:
        """Something happened to a guest: look, soon. Comes back at once."""
        self._queue.put(_LOOK)

    def turn(self, uuid: str) -> None:
        """A turn for one instance, now."""
        self._queue.put(uuid)

    def rows(self) -> Sequence[Row] | None:
        """Every instance for a report; None if the hypervisor does not say, not "none"."""
        me = self._me
        if me is None:
            return None
        self.look()
        try:
            return rows(self._site, me)
        except HypervisorSilent:
            return None

    def step(self, wait: bool = True) -> bool:
        """One turn; False if there is none, or no more."""
        key = self._own.take(wait)
        if key is None or self.broken is not None:
            return False
        try:
            self.serve(key)
        finally:
            self._own.done(key)
        return True

    def serve(self, key: str) -> None:
        """What its turn is for; it asks for another one where that did not succeed."""
        try:
            self._turn(key)
        except OnItsWay:
            self._queue.put(key, ON_ITS_WAY_S)
        except AGAIN as error:
            LOG.info("%s: %s", key, error)
            self._queue.put(key, AGAIN_S)
        except Stopped as error:
            self.end(error)
        except HostdownError as error:
            LOG.warning("%s: %s Trying again.", key, error)
            self._queue.put(key, AGAIN_S)
        except Exception:
            LOG.exception("Instance %s: its turn broke down", key)
            self._queue.put(key, BROKEN_AGAIN_S)

    def end(self, error: Stopped) -> None:
        """Something that must be kept cannot be kept: nothing is done any more."""
        self.broken = error
        self.stop()

    def stop(self) -> None:
        """No more turns; a start that waits gives up. Guests go on."""
        self._site.stopping.set()
        self._queue.close()

    def _tidy(self, host: str) -> None:
        """Once, before anything is fetched: later it would remove what is on its way."""
        try:
            self._site.disks.tidy(host)
        except HostdownError as error:
            LOG.warning("What an earlier agent began to fetch stays: %s", error)

    def _turn(self, key: str) -> None:
        if key == _LOOK:
            self._look()
        elif key == _TELL_ALL:
            self._tell_all()
        elif key == _SWEEP:
            self._queue.put(_SWEEP, SWEEP_EVERY_S)
            self._site.leases.sweep(self._clock.now())
            if self._site.copies is not None:
                self._site.copies.sweep(self._clock.now())
        else:
            self._reconcile(key)

    def _tell_all(self) -> None:
        """What came of orders, again, and soon once more: the server's state of an instance may
        have been set by hand meanwhile (contract 4.3), and nothing else would mend it."""
        for note in self._site.notes.all():
            if note.outcome is not None:
                self._teller.tell(note.outcome)
        every = self._site.settings.tell_all_every
        if every is not None:
            self._queue.put(_TELL_ALL, every.total_seconds())

    def _reconcile(self, uuid: str) -> None:
        with self._lock:
            reconciler, asked, held = self._reconciler, self._asked, self._held
            moved, void = uuid in self._moved, self._void.get(uuid, 0)
            self._turns[uuid] = asked
        try:
            if reconciler is not None and asked is not None:
                reconciler.reconcile(uuid, asked.get(uuid), held, moved, void)
        finally:
            with self._lock:
                del self._turns[uuid]

    def _look(self) -> None:
        """Give a turn to each instance that is not as it was told last."""
        me = self._me
        if me is None:
            return
        guests = {guest.uuid: guest for guest in mine(self._site, me)}
        for each in guests.values():
            self._site.live.hold(each.uuid, each.holder)
        for note in self._site.notes.all():
            guest = guests.pop(note.uuid) if note.uuid in guests else None
            before = told(note)
            alive = before in (PowerState.RUNNING, PowerState.PAUSED)
            if (guest is None and alive) or (guest is not None and guest.state is not before):
                self._queue.put(note.uuid)
        for uuid in guests:
            self._queue.put(uuid)
