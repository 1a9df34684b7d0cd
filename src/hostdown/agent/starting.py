"""How a guest comes to run: S1 to S6 of NEVER-TWICE, in this order and no other.

Whatever happens between two steps, to this process or to the machine, the guest does not write
before the lease was read a last time and still said that it may.
"""

import secrets
from datetime import timedelta
from typing import NoReturn

from hostdown.agent.errors import ClaimRefused, DiskMissing, StartOver
from hostdown.agent.guest_errors import GuestUnknown
from hostdown.agent.guests import GuestSpec
from hostdown.agent.site import READ_AGE_MAX_S, Site, Standing, Step
from hostdown.domain.assignment import Assignment, Holder
from hostdown.domain.disks import DiskFile, DiskRecipe
from hostdown.domain.lease import (
    Lease,
    Mine,
    Permit,
    Refusal,
    Watch,
    makes_disk,
    may_claim,
    watch,
)
from hostdown.domain.lease_text import Claim, LeaseState
from hostdown.domain.pool_errors import LeaseUnreadable
from hostdown.domain.pools import PoolClass

AT_ONCE = timedelta(0)
"""The grace of a guest that is killed."""


class Starting:
    """One start under one permit; the caller holds the instance's lock and has done S1."""

    def __init__(
        self, site: Site, me: Standing, assignment: Assignment, is_its_own: bool = False
    ) -> None:
        """`is_its_own`: the lease alone says that it goes on here, as in M1 and M2 of NEVER-TWICE.

        No word of the server's is waited for then, which may be away: nobody else runs the guest.
        """
        self._site = site
        self._me = me
        self._assignment = assignment
        self._is_its_own = is_its_own
        self.uuid = assignment.uuid
        self.mine = Holder(assignment.generation, me.host, me.boot)
        self.claimed = False
        """Whether this attempt got as far as that."""

    def run(self, stay_paused: bool) -> None:
        """Bring the guest up from nothing.

        Raises StartOver and what ports raise; then `undo` is to be called, or `run` again.
        """
        lease, settled = self.claim()
        disk = self._disk(lease)
        self._create(disk)
        if lease.data_gen != self.mine.generation:
            self._at(Step.RAN)
            self._write(LeaseState.HELD, self.mine.generation)
        self.go(stay_paused, settle=not settled)

    def claim(self) -> tuple[Lease, bool]:
        """S2: the lease that is held now, and whether nobody else can be writing any more.

        Raises ClaimRefused, StartOver, and what the pool raises.
        """
        self._note_begun()
        lease = self._site.leases.read(self.uuid)
        permit = self.permit()
        verdict = may_claim(permit, lease)
        if isinstance(verdict, Refusal):
            raise ClaimRefused(verdict)
        if isinstance(verdict, Mine):
            self._hold_again(verdict.lease)
            self.claimed = True
            ran = verdict.lease.data_gen == self.mine.generation
            return verdict.lease, ran or not permit.over
        self._site.leases.clean(self.uuid, self.mine.host)
        nonce = f"{self.mine.host}-{secrets.token_hex(8)}"
        self._at(Step.CLAIM)
        unsaid = self._unsaid()
        if unsaid:
            self._over(unsaid)
        made = self._site.leases.claim(
            Claim(self.uuid, self.mine, self._me.boot_id, nonce), verdict.after
        )
        if made.holder != self.mine:
            raise StartOver(instance=self.uuid, reason="another host made its claim first")
        data_gen = 0 if lease is None else lease.data_gen
        self._at(Step.BULLETIN)
        self._write(LeaseState.HELD, data_gen)
        self.claimed = True
        return Lease(self.mine, LeaseState.HELD, None, data_gen, current=True), verdict.freed

    def permit(self) -> Permit:
        """The assignment's, as the rules of the lease see it."""
        assignment = self._assignment
        return Permit(self.mine, assignment.over, assignment.disk, assignment.data_gen)

    def go(self, stay_paused: bool, settle: bool, ran: bool = False) -> None:
        """S4 to S6 for a guest that is there and paused.

        Raises StartOver; the guest is gone then, unless its end could not be seen either. One that
        `ran` has a memory that is nowhere else: if only time or a word is over, it stays as it is.
        """
        self._forget_saved()
        if settle:
            self._settle()
        self._at(Step.READ)
        read_at = self._site.clock.boottime()
        self._check_mine()
        if stay_paused:
            return
        self._at(Step.GO)
        late = self._site.clock.boottime() - read_at > READ_AGE_MAX_S
        why = "too long after the last look at the lease" if late else self._unsaid()
        if why and ran:
            raise StartOver(instance=self.uuid, reason=why)
        if why:
            self._over(why)
        try:
            self._site.guests.go(self.uuid)
        except GuestUnknown as error:
            self._site.live.drop(self.uuid)
            raise StartOver(instance=self.uuid, reason="the guest ended by itself") from error

    def undo(self) -> None:
        """After a start that is given up: nothing half-made stays (the caller tells the failure).

        Raises what ports raise: then something does stay, and the start is tried again.
        """
        site = self._site
        self._at(Step.KILL)
        site.guests.end(self.uuid, AT_ONCE)
        site.live.drop(self.uuid)
        lease = site.leases.read(self.uuid)
        if lease is None or lease.holder != self.mine or lease.state is LeaseState.DELETED:
            site.leases.clean(self.uuid, self.mine.host)
            return
        if makes_disk(self.permit(), lease.data_gen):
            self._at(Step.REMOVE)
            site.disks.remove(self.uuid)
        self._at(Step.FREE)
        self._write(LeaseState.FREE, lease.data_gen)
        site.leases.clean(self.uuid, self.mine.host)

    def _note_begun(self) -> None:
        note = self._site.notes.get(self.uuid)
        if not note.begun:
            self._at(Step.BEGUN)
            self._site.notes.save(note._replace(begun=True))

    def _hold_again(self, lease: Lease) -> None:
        """A claim of mine whose bulletin is late, or that an order before this one gave up."""
        if lease.state is not LeaseState.HELD or not lease.current:
            self._at(Step.BULLETIN)
            self._write(LeaseState.HELD, lease.data_gen)

    def _disk(self, lease: Lease) -> DiskFile:
        """The disk; made where the permit says so and no guest ever had it."""
        assignment = self._assignment
        # What is left of a start that died may hold the disk open.
        self._site.guests.end(self.uuid, AT_ONCE)
        if makes_disk(self.permit(), lease.data_gen):
            self._at(Step.DISK)
            self._site.disks.drop_saved(self.uuid)
            recipe = DiskRecipe(assignment.image, assignment.root_gb)
            self._site.disks.make(self.uuid, recipe, self.mine.host)
        self._site.disks.grow(self.uuid, assignment.root_gb)
        found = self._site.disks.find(self.uuid)
        if found is None:
            raise DiskMissing(instance=self.uuid)
        return found

    def spec(self, disk: DiskFile) -> GuestSpec:
        """The guest as it is to be made."""
        assignment = self._assignment
        return GuestSpec(
            uuid=self.uuid,
            name=assignment.name,
            holder=self.mine,
            vcpus=assignment.vcpus,
            memory_mb=assignment.memory_mb,
            disk=disk.path,
            disk_format=disk.format,
            network=assignment.network,
            mac=assignment.mac,
            saved=disk.saved if disk.is_saved else None,
            locking=self._site.settings.locks,
        )

    def take_over(self) -> None:
        """A guest that was sent here whole, and handed over, is what runs on this disk (M1)."""
        self._at(Step.RAN)
        self._write(LeaseState.HELD, self.mine.generation)

    def _create(self, disk: DiskFile) -> None:
        spec = self.spec(disk)
        self._at(Step.CREATE)
        self._site.live.hold(self.uuid, self.mine)
        self._site.guests.create(spec)

    def _forget_saved(self) -> None:
        """The guest has it by now, and nothing may ever restore it beside a newer disk."""
        disk = self._site.disks.find(self.uuid)
        if disk is not None and disk.is_saved:
            self._at(Step.UNSAVE)
            self._site.disks.drop_saved(self.uuid)

    def _settle(self) -> None:
        settings = self._site.settings
        self._at(Step.SETTLE)
        locks = settings.locks and self._site.pool.seen().pool_class != PoolClass.NOLOCK
        quiet_s = self._assignment.quiet_ms / 1000
        # Without locks it is this host's claim that ends a writer who still lives (S5).
        wait_s = max(0.0, settings.settle_s - quiet_s) if locks else settings.settle_without_locks_s
        if self._site.stopping.wait(wait_s):
            self._over("the agent stops")

    def _unsaid(self) -> str:
        """Why nothing starts by the server's newest word; nothing if it does (decision 0011)."""
        now = self._site.clock.boottime()
        stands = self._is_its_own or self._site.word.stands(self._assignment, now)
        return "" if stands else "the server is to say again that it wants it"

    def _check_mine(self) -> None:
        try:
            lease = self._site.leases.read(self.uuid)
        except LeaseUnreadable as error:
            self._over(str(error))
        if lease is None or watch(self.mine, lease) not in (Watch.KEEP, Watch.REPAIR):
            self._over("the lease is another's now")

    def _over(self, reason: str) -> NoReturn:
        """S4: destroy, start over."""
        self._site.guests.end(self.uuid, AT_ONCE)
        self._site.live.drop(self.uuid)
        raise StartOver(instance=self.uuid, reason=reason)

    def _write(self, state: LeaseState, data_gen: int) -> None:
        self._site.leases.write(self.uuid, self.mine, state, None, data_gen)

    def _at(self, step: Step) -> None:
        self._site.at(step, self.uuid)
