"""One instance: what is asked, what is noted, what is there, and what follows from the three.

It may be called at any time and again and again: an order that was noted is done and touches
nothing any more; one that was not is brought about from wherever the last attempt got to.
"""

import logging

from hostdown.agent import ending
from hostdown.agent.errors import (
    ClaimRefused,
    DeletionWaits,
    NotHeard,
    PoolNotMeasured,
    StartOver,
    Stopped,
)
from hostdown.agent.guest_errors import HypervisorSilent, ImageLocked, NotGone
from hostdown.agent.guests import Guest
from hostdown.agent.notes import Note
from hostdown.agent.orders import AFTER, Order
from hostdown.agent.seeing import failure_of, mine, state_of
from hostdown.agent.site import Site, Standing, Step, Teller
from hostdown.domain.assignment import (
    Assignment,
    Disk,
    Failure,
    Holder,
    Outcome,
    PowerState,
    Wanted,
)
from hostdown.domain.disk_errors import ImageAway
from hostdown.domain.errors import HostdownError
from hostdown.domain.lease import Lease, Watch, watch
from hostdown.domain.pool_errors import LeaseUnreadable, PoolAbsent, PoolFailed, PoolFull

LOG = logging.getLogger("hostdown.agent")

AGAIN = (
    HypervisorSilent,
    ImageLocked,
    NotGone,
    ImageAway,
    NotHeard,
    StartOver,
    PoolNotMeasured,
    DeletionWaits,
)
"""What is tried again and told to nobody; everything else ends an order with a failure."""

SILENT_BUILD_MAX_S = 10.0
"""How long a new server waits for a hypervisor that does not answer before it is given up.

Longer than a busy libvirt keeps anybody waiting, and than it takes to tell that it hangs."""

_STORAGE = (PoolAbsent, PoolFailed, PoolFull, LeaseUnreadable)
"""It may answer again."""

IMAGE_AWAY_MAX_S = 120.0
"""How long a new server waits for an image that its server does not send at the moment.

Longer than a server takes to start anew, or a Glance to be mended by who notices at once."""

_RUNS = (Wanted.RUNNING, Wanted.PAUSED, Wanted.SUSPENDED)


class Reconciler:
    """Acts for one host in one session. The caller holds the instance's lock."""

    def __init__(self, site: Site, me: Standing, teller: Teller) -> None:
        self._site = site
        self._me = me
        self._teller = teller
        self._away: dict[str, float] = {}
        """Since when the image of an instance does not arrive."""
        self._unanswered: dict[str, float] = {}
        """Since when the look at an instance, which begins each turn, has met with silence."""

    def reconcile(
        self,
        uuid: str,
        assignment: Assignment | None,
        held: bool = False,
        moved: bool = False,
        void: int = 0,
    ) -> None:
        """`assignment`: what the server asks now; None if it asks nothing of this host.

        `void`: the generation that it knows to be ended. Any other one that it does not ask for
        stays as it is, unless its lease is another's: the server may have lost it (P5).

        `held`: the host is forced down; orders by which a guest would run wait (NEVER-TWICE W4).
        `moved`: what nothing is asked of runs elsewhere now. Raises one of AGAIN: call again then.
        Raises Stopped if notes cannot be kept.
        """
        try:
            guest = self._guest(uuid)
        except HypervisorSilent as error:
            self._silent(uuid, None if held else assignment, error)
            return
        self._unanswered.pop(uuid, None)
        if guest is None:
            self._site.live.drop(uuid)
        note = self._known(self._site.notes.get(uuid), guest)
        if assignment is None:
            other = self._other(note) if note.open and note.generation != void else None
            surrendered = note.ends or (note.open and note.generation == void) or other is not None
            if surrendered:
                self._surrender(note, other)
            if moved and (surrendered or guest is None):
                ending.set_aside(self._site, uuid, self._me.host)
            return
        note = self._follow(note, assignment)
        if note.ends:
            self._surrender(note)
        elif assignment.generation == note.generation and note.open:
            earlier = guest is not None and guest.holder.generation < note.generation
            self._obey(assignment, note, None if earlier else guest, held)

    def _obey(self, assignment: Assignment, note: Note, guest: Guest | None, held: bool) -> None:
        if assignment.boot != self._me.boot:
            LOG.warning("Instance %s: its permit is for another boot of this host.", note.uuid)
        elif assignment.wanted is Wanted.ELSEWHERE:
            self._surrender(note)
        elif assignment.order <= note.order:
            self._observe(note, guest)
        elif not (held and assignment.wanted in _RUNS):
            self._carry_out(assignment, note, guest)

    def _silent(self, uuid: str, assignment: Assignment | None, error: HypervisorSilent) -> None:
        """Give a new server up after a while, if nothing of it was ever begun; else raise `error`.

        Whatever was begun may run, and only the hypervisor knows: then it is asked until it says.
        """
        now = self._site.clock.boottime()
        since = self._unanswered.setdefault(uuid, now)
        if assignment is None or now - since < SILENT_BUILD_MAX_S:
            raise error
        if not self._untouched(assignment):
            raise error
        LOG.warning("Instance %s: it is given up: %s", uuid, error)
        del self._unanswered[uuid]
        note = self._follow(self._site.notes.get(uuid), assignment)._replace(order=assignment.order)
        self._tell(note, PowerState.NOSTATE, failure=failure_of(error))

    def _untouched(self, assignment: Assignment) -> bool:
        """Whether it asks for a server that nobody, here or elsewhere, ever began to make.

        No guest is made before its claim is on the pool, nor a claim before its note (S1 to S3);
        where notes were lost, the claim still tells.
        """
        note = self._site.notes.get(assignment.uuid)
        builds = assignment.disk is Disk.CREATE and assignment.wanted in _RUNS
        mine = assignment.boot == self._me.boot and assignment.order > note.order
        first = note.generation in (0, assignment.generation) and not (note.begun or note.done)
        return builds and mine and first and self._site.leases.read(assignment.uuid) is None

    # -------------------------------------------------------------------------------- permits

    def _known(self, note: Note, guest: Guest | None) -> Note:
        """The note; of a guest of mine that has none, because the notes were lost, a new one."""
        if guest is None or guest.holder.generation <= note.generation:
            return note
        holder = guest.holder
        note = note._replace(
            generation=holder.generation, boot=holder.boot, begun=True, claimed=True, outcome=None
        )
        self._site.notes.save(note)
        return note

    def _follow(self, note: Note, assignment: Assignment) -> Note:
        """The note of the assignment's permit. What ran under one before it is given up first."""
        if assignment.generation <= note.generation or assignment.boot != self._me.boot:
            return note
        if note.open or note.ends:
            note = ending.surrender(self._site, note, self._me.host)
        fresh = Note(note.uuid, assignment.generation, assignment.boot, done=note.done)
        self._site.notes.save(fresh)
        return fresh

    def _surrender(self, note: Note, to: Holder | None = None) -> None:
        note = ending.surrender(self._site, note, self._me.host)
        state = PowerState.NOSTATE if note.outcome is None else PowerState.SHUTDOWN
        self._tell(note._replace(claimed=False), state, gone=True, holder=to)

    # --------------------------------------------------------------------------------- orders

    def _carry_out(self, assignment: Assignment, note: Note, guest: Guest | None) -> None:
        order = Order(self._site, self._me, assignment, note)
        try:
            claimed = order.carry_out(guest)
        except (*AGAIN, HostdownError) as error:
            if isinstance(error, (*AGAIN, Stopped)) and not self._is_long_away(note.uuid, error):
                raise
            if assignment.wanted is Wanted.GONE and isinstance(error, _STORAGE):
                raise DeletionWaits(instance=note.uuid, reason=error) from error
            LOG.warning("Instance %s: order %d failed: %s", note.uuid, assignment.order, error)
            self._failed(assignment, error, order.give_up())
            return
        self._away.pop(note.uuid, None)
        gone = assignment.wanted is Wanted.GONE
        note = self._site.notes.get(note.uuid)
        note = note._replace(order=assignment.order, claimed=claimed)
        if gone:
            note = note._replace(done=note.generation)
        self._tell(note, AFTER[assignment.wanted], gone=gone)

    def _is_long_away(self, uuid: str, error: Exception) -> bool:
        """Whether its image has not arrived for so long that its owner is told."""
        if not isinstance(error, ImageAway):
            return False
        now = self._site.clock.boottime()
        if now - self._away.setdefault(uuid, now) < IMAGE_AWAY_MAX_S:
            return False
        del self._away[uuid]
        return True

    def _failed(self, assignment: Assignment, error: HostdownError, claimed: bool) -> None:
        note = self._site.notes.get(assignment.uuid)
        state = state_of(note, self._guest(note.uuid))
        note = note._replace(order=assignment.order, claimed=claimed)
        holder = error.holder if isinstance(error, ClaimRefused) else None
        self._tell(note, state, failure=failure_of(error), holder=holder)

    def _observe(self, note: Note, guest: Guest | None) -> None:
        """The order is done: touch nothing but for safety, and tell what changed by itself."""
        lease = self._lease(note)
        if lease is not None:
            verdict = watch(note.holder(self._me.host), lease)
            if verdict is Watch.KILL:
                self._surrender(
                    note, None if lease.holder == note.holder(self._me.host) else lease.holder
                )
                return
            if verdict is Watch.REPAIR:
                # What is claimed and in order has run (see `_lease`).
                data_gen = max(lease.data_gen, note.generation)
                self._site.leases.write(note.uuid, lease.holder, lease.state, lease.next, data_gen)
        state = state_of(note, guest)
        if note.outcome is not None and state is not note.outcome.state:
            LOG.info("Instance %s is %s by itself.", note.uuid, state.name)
            self._tell(note, state)

    def _other(self, note: Note) -> Holder | None:
        """Whose the disk is, if a claim of mine is over (W1)."""
        lease = self._lease(note)
        mine = note.holder(self._me.host)
        lost = lease is not None and watch(mine, lease) is Watch.KILL
        return lease.holder if lease is not None and lost else None

    def _lease(self, note: Note) -> Lease | None:
        """The lease, if there is a claim of mine to look after, and if it can be read.

        It is noted as made once a start came to its end, in which the guest ran or was saved.
        """
        if not note.claimed:
            return None
        try:
            return self._site.leases.read(note.uuid)
        except (PoolAbsent, LeaseUnreadable):
            return None

    # ---------------------------------------------------------------------------------- tools

    def _guest(self, uuid: str) -> Guest | None:
        """The guest, if it is one of this host on this boot; others are nobody's to touch (W2)."""
        return next((each for each in mine(self._site, self._me) if each.uuid == uuid), None)

    def _tell(
        self,
        note: Note,
        state: PowerState,
        gone: bool = False,
        failure: Failure | None = None,
        holder: Holder | None = None,
    ) -> None:
        outcome = Outcome(
            note.uuid, note.generation, note.order, state, note.claimed, gone, failure, holder
        )
        self._site.at(Step.NOTE, note.uuid)
        self._site.notes.save(note._replace(outcome=outcome))
        self._site.at(Step.TELL, note.uuid)
        self._teller.tell(outcome)
