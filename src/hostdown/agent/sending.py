"""How a guest that runs leaves for another host: S's part of M1 and M2 of NEVER-TWICE.

Up to the claim for the next host the guest is this one's, and goes on here whatever fails. From the
claim on it is not, whatever times out. There is nothing of the guest here when the claim is made.
"""

import logging
import secrets
from typing import NamedTuple

from hostdown.agent.errors import OnItsWay
from hostdown.agent.guest_errors import GuestRefused, GuestUnknown
from hostdown.agent.guests import Guest, Passages, Sending, Transfer
from hostdown.agent.notes import Note
from hostdown.agent.site import Site, Standing, Step, Teller
from hostdown.agent.starting import Starting
from hostdown.domain.assignment import Assignment, Holder, Outcome, PowerState, Target, Wanted
from hostdown.domain.lease import Lease
from hostdown.domain.lease_text import Claim, LeaseState

LOG = logging.getLogger("hostdown.agent")

TELL_EVERY_S = 2.0
"""Between two words about how much is sent."""

RECALL_S = 5.0
"""How long a hypervisor may take to recall a guest before the other host is told to let go of it.

It is told by the bulletin, and ends what it has of the guest if that is not whole."""

GIB_MIN = 2.0
"""A smaller guest gets as much time as one of so many GiB."""

_RUNS = (PowerState.RUNNING, PowerState.PAUSED)


class HandedOver(NamedTuple):
    """It is the other host's, by a claim that is durable; or somebody else's."""

    to: Holder


class Kept(NamedTuple):
    """It is not sent to this generation, and never will be."""

    generation: int
    reason: str


class Sender:
    """For one host in one session. The caller holds the instance's lock."""

    def __init__(self, site: Site, me: Standing, teller: Teller) -> None:
        self._site = site
        self._me = me
        self._teller = teller
        self._since: dict[str, float] = {}
        """When each sending began."""
        self._told: dict[str, float] = {}
        self._recalled: dict[str, float] = {}
        self._reasons: dict[str, str] = {}
        """Why a sending was recalled."""

    def turn(
        self, assignment: Assignment, note: Note, guest: Guest | None, held: bool
    ) -> HandedOver | Kept | None:
        """What came of it; None if it is not sent at all. Raises OnItsWay, and what ports raise."""
        if note.to is not None:
            return self._further(assignment, note, note.to, guest)
        to = assignment.to
        if to is None or (to.holder.generation <= note.kept and not to.withdrawn):
            return None
        lease = self._site.leases.read(note.uuid)
        if lease is not None and lease.holder == to.holder:
            return HandedOver(to.holder)  # long ago: who asks has an older database
        if to.withdrawn:
            return Kept(to.holder.generation, "It was called off before it began.")
        if held or assignment.order > note.order or self._site.passages is None:
            return Kept(to.holder.generation, "Something else is to be done with it first.")
        return self._begin(self._site.passages, note, to, guest, lease)

    def _begin(
        self,
        passages: Passages,
        note: Note,
        to: Target,
        guest: Guest | None,
        lease: Lease | None,
    ) -> Kept | None:
        site, uuid, mine = self._site, note.uuid, note.holder(self._me.host)
        if lease is None or lease.holder != mine or lease.state is not LeaseState.HELD:
            return None  # whoever looks at leases finds out what this means
        if guest is None or guest.state not in _RUNS:
            return Kept(to.holder.generation, "It does not run.")
        site.at(Step.LEAVE, uuid)
        site.notes.save(note._replace(to=to.holder, sent=False))
        site.at(Step.MOVING, uuid)
        site.leases.write(uuid, mine, LeaseState.MOVING, to.holder, lease.data_gen)
        site.at(Step.SEND, uuid)
        self._since[uuid] = site.clock.boottime()
        try:
            passages.send(uuid, to)
        except (GuestRefused, GuestUnknown) as error:
            self._reasons[uuid] = str(error)
        raise OnItsWay(instance=uuid)

    def _further(
        self, assignment: Assignment, note: Note, to: Holder, guest: Guest | None
    ) -> HandedOver | Kept:
        uuid, passages = note.uuid, self._site.passages
        if note.sent:
            return self._hand_over(note, to)
        found = Transfer(Sending.NONE) if passages is None else passages.sending(uuid)
        if found.state is Sending.SENT:
            self._site.at(Step.SENT, uuid)
            note = note._replace(sent=True)
            self._site.notes.save(note)
            return self._hand_over(note, to)
        if found.state is Sending.GOES_ON and passages is not None:
            self._goes_on(passages, assignment, note, to, guest, found)
            raise OnItsWay(instance=uuid)
        return self._keep(assignment, note, to, found)

    def _goes_on(
        self,
        passages: Passages,
        assignment: Assignment,
        note: Note,
        to: Holder,
        guest: Guest | None,
        found: Transfer,
    ) -> None:
        uuid, asked, now = note.uuid, assignment.to, self._site.clock.boottime()
        limit_s = self._site.settings.send_s_per_gib * max(GIB_MIN, assignment.memory_mb / 1024)
        stays = asked is None or asked.withdrawn or asked.holder != to
        recalled = stays or assignment.order > note.order
        if now - self._since.setdefault(uuid, now) > limit_s:
            recalled = True
            self._reasons[uuid] = f"It was not sent within {limit_s:g} s."
        if recalled:
            passages.recall(uuid)
            if now - self._recalled.setdefault(uuid, now) > RECALL_S:
                self._take_back(note)
            return
        if asked is not None and asked.hurry and guest and guest.state is PowerState.RUNNING:
            self._site.at(Step.PAUSE, uuid)
            self._site.guests.pause(uuid)
        if found.progress and now - self._told.get(uuid, 0.0) >= TELL_EVERY_S:
            self._told[uuid] = now
            facts = (uuid, note.generation, note.order, PowerState.RUNNING, note.claimed)
            self._teller.tell(Outcome(*facts, progress=found.progress))

    def _hand_over(self, note: Note, to: Holder) -> HandedOver:
        """The commit point; may be done again at any time."""
        site, uuid, mine = self._site, note.uuid, note.holder(self._me.host)
        self._forget(uuid)
        lease = site.leases.read(uuid)
        if lease is not None and lease.holder != mine:
            return HandedOver(lease.holder)
        site.leases.clean(uuid, self._me.host)
        nonce = f"{self._me.host}-{secrets.token_hex(8)}"
        site.at(Step.HANDOVER, uuid)
        made = site.leases.claim(Claim(uuid, to, "", nonce), note.generation)
        return HandedOver(made.holder)

    def _keep(
        self, assignment: Assignment, note: Note, to: Holder, found: Transfer
    ) -> HandedOver | Kept:
        """It goes on here, if it is still there; the other host is told by the bulletin."""
        site, uuid, mine = self._site, note.uuid, note.holder(self._me.host)
        lease = self._take_back(note)
        if lease is not None and lease.holder != mine:
            return HandedOver(lease.holder)
        here = {each.uuid: each for each in site.guests.inventory()}.get(uuid)
        stands_still = here is not None and here.state is PowerState.PAUSED
        if stands_still and assignment.wanted is Wanted.RUNNING:
            here_again = Starting(site, self._me, assignment, is_its_own=True)
            here_again.go(stay_paused=False, settle=False, ran=True)
        reason = self._reasons.get(uuid) or found.reason or "The sending was ended."
        self._forget(uuid)
        LOG.warning("Instance %s is not sent elsewhere: %s", uuid, reason)
        return Kept(to.generation, reason)

    def _take_back(self, note: Note) -> Lease | None:
        """Say on the disk that it is not moving any more; the lease as it was."""
        site, uuid, mine = self._site, note.uuid, note.holder(self._me.host)
        lease = site.leases.read(uuid)
        if lease is not None and lease.holder == mine and lease.state is LeaseState.MOVING:
            site.at(Step.HELD, uuid)
            site.leases.write(uuid, mine, LeaseState.HELD, None, lease.data_gen)
        return lease

    def _forget(self, uuid: str) -> None:
        for each in (self._since, self._told, self._recalled, self._reasons):
            each.pop(uuid, None)
