"""One instance: what is asked, what is noted, what is there, and what follows from the three.

It may be called at any time and again and again: an order that was noted is done and touches
nothing any more; one that was not is brought about from wherever the last attempt got to.
"""

import logging

from hostdown.agent import claims, ending
from hostdown.agent.delays import Delays
from hostdown.agent.errors import (
    ClaimRefused,
    DeletionWaits,
    DiskMissing,
    OnItsWay,
    Stopped,
)
from hostdown.agent.guest_errors import GuestRefused, HypervisorSilent
from hostdown.agent.guests import Guest
from hostdown.agent.notes import Note
from hostdown.agent.orders import AFTER, Order
from hostdown.agent.patience import AGAIN, RUNS, Patience
from hostdown.agent.receiving import Receiver
from hostdown.agent.seeing import failure_of, mine, state_of
from hostdown.agent.sending import HandedOver, Sender
from hostdown.agent.site import Site, Standing, Step, Teller
from hostdown.domain.assignment import (
    Assignment,
    Failure,
    Holder,
    Incoming,
    Outcome,
    PowerState,
    Wanted,
)
from hostdown.domain.assignment_forms import TEXT_LENGTH_MAX
from hostdown.domain.errors import HostdownError
from hostdown.domain.lease import Arrival
from hostdown.domain.live_moves import NOT_SENT
from hostdown.domain.pool_errors import LeaseUnreadable, PoolAbsent, PoolFailed, PoolFull

LOG = logging.getLogger("hostdown.agent")

_STORAGE = (PoolAbsent, PoolFailed, PoolFull, LeaseUnreadable)
"""It may answer again."""


class Reconciler:
    """Acts for one host in one session. The caller holds the instance's lock."""

    def __init__(self, site: Site, me: Standing, teller: Teller) -> None:
        self._site = site
        self._me = me
        self._teller = teller
        self._sender = Sender(site, me, teller)
        self._receiver = Receiver(site, me)
        self._patience = Patience(site, me)
        self._delays = Delays(site, teller)

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
        self._patience.answered(uuid)
        if guest is None:
            self._site.live.drop(uuid)
        note = self._known(self._site.notes.get(uuid), guest)
        guest = self._without_strays(note, guest)
        if assignment is None:
            known = note.open and note.generation != void
            lost = claims.lost(self._site, note, self._me.host) if known else None
            surrendered = note.ends or (note.open and note.generation == void) or lost is not None
            if surrendered:
                self._surrender(note, None if lost is None else lost.to)
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
        elif assignment.incoming is not None:
            self._await(assignment, assignment.incoming, note, guest, held)
        elif assignment.wanted is Wanted.ELSEWHERE:
            self._surrender(note)
        elif self._leaves(assignment, note, guest, held):
            return
        elif assignment.order <= note.order:
            self._observe(note, guest)
        elif self._arrives(assignment, note, guest, held):
            return
        elif not (held and assignment.wanted in RUNS):
            self._carry_out(assignment, note, guest)

    def _silent(self, uuid: str, assignment: Assignment | None, error: HypervisorSilent) -> None:
        """Give a new server up after a while, if nothing of it was ever begun; else raise `error`.

        Whatever was begun may run, and only the hypervisor knows: then it is asked until it says.
        """
        if not self._patience.is_over(uuid, assignment) or assignment is None:
            raise error
        LOG.warning("Instance %s: it is given up: %s", uuid, error)
        note = self._follow(self._site.notes.get(uuid), assignment)._replace(order=assignment.order)
        self._tell(note, PowerState.NOSTATE, failure=failure_of(error))

    # ------------------------------------------------------------- from host to host (M1, M2)

    def _leaves(self, assignment: Assignment, note: Note, guest: Guest | None, held: bool) -> bool:
        """Whether it is sent elsewhere, or was to be; raises OnItsWay as long as it is."""
        ends = assignment.wanted is Wanted.GONE
        found = None if ends else self._sender.turn(assignment, note, guest, held)
        if isinstance(found, HandedOver):
            self._surrender(self._site.notes.get(note.uuid), found.to)
        elif found is not None:
            note = self._site.notes.get(note.uuid)._replace(to=None, kept=found.generation)
            state = state_of(note, self._guest(note.uuid))
            self._tell(note, state, failure=Failure(NOT_SENT, found.reason[:TEXT_LENGTH_MAX]))
        return found is not None

    def _await(
        self,
        assignment: Assignment,
        incoming: Incoming,
        note: Note,
        guest: Guest | None,
        held: bool,
    ) -> None:
        """It is sent here. Raises OnItsWay as long as nothing is sure."""
        look = self._receiver.look(note, guest)
        if look is Arrival.HANDED_OVER and not held:
            # It was whole before it was handed over; what was seen before the claim may not be.
            self._take_over(assignment, incoming, note, self._guest(note.uuid))
        elif look is Arrival.LOST or incoming.withdrawn or incoming.wanted is Wanted.GONE:
            self._surrender(note)
        else:
            try:
                ready = self._receiver.ready(assignment, note)
            except (*_STORAGE, DiskMissing, GuestRefused) as error:
                self._tell(note, PowerState.NOSTATE, failure=failure_of(error))
                return
            if ready is not None:
                note = self._site.notes.get(note.uuid)
                self._tell(note, PowerState.NOSTATE, ticket=ready)
            raise OnItsWay(instance=note.uuid)

    def _arrives(self, assignment: Assignment, note: Note, guest: Guest | None, held: bool) -> bool:
        """Whether it was sent here, and its permit is one to run by now: it goes on, if it may."""
        if held or not self._receiver.is_awaited(note):
            return False
        if self._receiver.look(note, guest) is not Arrival.HANDED_OVER:
            return False
        incoming = Incoming(assignment.wanted, withdrawn=False)
        self._take_over(assignment, incoming, note, self._guest(note.uuid))
        return True

    def _take_over(
        self, assignment: Assignment, incoming: Incoming, note: Note, guest: Guest | None
    ) -> None:
        """The commit point is behind it: here it runs, from its memory or else from its disk."""
        if incoming.wanted is Wanted.GONE:
            if not note.claimed:  # it never ran here, so its bulletin is not looked after
                self._tell(note._replace(claimed=True), state_of(note, guest))
        elif note.claimed:
            if note.outcome is not None and assignment.incoming is not None:
                self._teller.tell(note.outcome)  # whoever still has it wait has lost that word
            self._observe(note, guest)
        else:
            asked = self._receiver.taken_over(assignment, incoming, guest)
            self._carry_out(asked, note, guest, is_its_own=True)

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

    def _without_strays(self, note: Note, guest: Guest | None) -> Guest | None:
        """The guest, unless it was sent here after this host had given it up: that one is ended."""
        if guest is None or guest.holder.generation > note.done:
            return guest
        ending.end(self._site, note.uuid)
        return None

    def _follow(self, note: Note, assignment: Assignment) -> Note:
        """The note of the assignment's permit. What ran under one before it is given up first."""
        if assignment.generation <= note.generation or assignment.boot != self._me.boot:
            return note
        if note.open or note.ends:
            note = ending.surrender(self._site, note, self._me.host)
        fresh = Note(note.uuid, assignment.generation, assignment.boot, done=note.done)
        fresh = fresh._replace(incoming=assignment.incoming is not None)
        self._site.notes.save(fresh)
        return fresh

    def _surrender(self, note: Note, to: Holder | None = None) -> None:
        note = ending.surrender(self._site, note, self._me.host)
        state = PowerState.NOSTATE if note.outcome is None else PowerState.SHUTDOWN
        self._tell(note._replace(claimed=False), state, gone=True, holder=to)

    # --------------------------------------------------------------------------------- orders

    def _carry_out(
        self, assignment: Assignment, note: Note, guest: Guest | None, is_its_own: bool = False
    ) -> None:
        order = Order(self._site, self._me, assignment, note, is_its_own)
        try:
            claimed = order.carry_out(guest)
        except (*AGAIN, HostdownError) as error:
            again = isinstance(error, (*AGAIN, Stopped))
            if again and not self._patience.is_image_long_away(note.uuid, error):
                self._delays.met(assignment, note, error)
                raise
            self._delays.over(note.uuid)
            if assignment.wanted is Wanted.GONE and isinstance(error, _STORAGE):
                raise DeletionWaits(instance=note.uuid, reason=error) from error
            LOG.warning("Instance %s: order %d failed: %s", note.uuid, assignment.order, error)
            self._failed(assignment, error, order.give_up())
            return
        self._patience.image_came(note.uuid)
        self._delays.over(note.uuid)
        gone = assignment.wanted is Wanted.GONE
        note = self._site.notes.get(note.uuid)
        note = note._replace(order=assignment.order, claimed=claimed)
        if gone:
            note = note._replace(done=note.generation)
        self._tell(note, AFTER[assignment.wanted], gone=gone)

    def _failed(self, assignment: Assignment, error: HostdownError, claimed: bool) -> None:
        note = self._site.notes.get(assignment.uuid)
        state = state_of(note, self._guest(note.uuid))
        note = note._replace(order=assignment.order, claimed=claimed)
        holder = error.holder if isinstance(error, ClaimRefused) else None
        self._tell(note, state, failure=failure_of(error), holder=holder)

    def _observe(self, note: Note, guest: Guest | None) -> None:
        """The order is done: touch nothing but for safety, and tell what changed by itself."""
        lost = claims.look_after(self._site, note, self._me.host)
        if lost is not None:
            self._surrender(note, lost.to)
            return
        state = state_of(note, guest)
        if note.outcome is not None and state is not note.outcome.state:
            LOG.info("Instance %s is %s by itself.", note.uuid, state.name)
            self._tell(note, state)

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
        ticket: str | None = None,
    ) -> None:
        facts = (note.uuid, note.generation, note.order, state, note.claimed, gone)
        outcome = Outcome(*facts, failure, holder, ticket, note.kept)
        self._site.at(Step.NOTE, note.uuid)
        self._site.notes.save(note._replace(outcome=outcome))
        self._site.at(Step.TELL, note.uuid)
        self._teller.tell(outcome)
