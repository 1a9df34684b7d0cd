"""How each thing that a server may want of an instance is brought about, from whatever is there."""

from collections.abc import Callable

from hostdown.agent import ending
from hostdown.agent.guests import Guest
from hostdown.agent.notes import Note
from hostdown.agent.site import Site, Standing, Step
from hostdown.agent.starting import AT_ONCE, Starting
from hostdown.domain.assignment import Assignment, PowerState, Reboot, Wanted

AFTER: dict[Wanted, PowerState] = {
    Wanted.RUNNING: PowerState.RUNNING,
    Wanted.PAUSED: PowerState.PAUSED,
    Wanted.SUSPENDED: PowerState.SUSPENDED,
    Wanted.STOPPED: PowerState.SHUTDOWN,
    Wanted.GONE: PowerState.NOSTATE,
}
"""The state of an instance that is as it is wanted; what is wanted elsewhere is no order at all."""


class Order:
    """The newest order of one instance; the caller holds the instance's lock."""

    def __init__(
        self,
        site: Site,
        me: Standing,
        assignment: Assignment,
        note: Note,
        is_its_own: bool = False,
    ) -> None:
        """`is_its_own`: see `Starting`."""
        self._site = site
        self._assignment = assignment
        self._note = note
        self._start = Starting(site, me, assignment, is_its_own)
        self._started = False

    def carry_out(self, guest: Guest | None) -> bool:
        """Bring it about; whether the claim is on the pool then. Raises what ports raise.

        `guest`: the instance's, whoever made it.
        """
        ways: dict[Wanted, Callable[[Guest | None], None]] = {
            Wanted.RUNNING: self._run,
            Wanted.PAUSED: self._pause,
            Wanted.SUSPENDED: self._suspend,
            Wanted.STOPPED: self._stop,
            Wanted.GONE: self._delete,
        }
        wanted = self._assignment.wanted
        ways[wanted](guest)
        if wanted is Wanted.GONE:
            return False
        return self._start.claimed or self._note.claimed or guest is not None

    def give_up(self) -> bool:
        """After a failure: undo a start that did not come to its end; whether the claim stays.

        Raises NotGone, HypervisorSilent.
        """
        if not self._started:
            return self._note.claimed
        ending.undo(self._start)
        return False

    def _run(self, guest: Guest | None) -> None:
        reboot = self._assignment.reboot
        if reboot is not None and guest is not None:
            soft = reboot is Reboot.SOFT and guest.state is PowerState.RUNNING
            grace = self._site.settings.grace if soft else AT_ONCE
            ending.stop(self._site, self._start.uuid, grace)
            guest = None
        if not self._goes_on(guest):
            self._from_nothing(stay_paused=False)
        elif guest is not None and guest.state is not PowerState.RUNNING:
            self._start.go(stay_paused=False, settle=False, ran=True)

    def _pause(self, guest: Guest | None) -> None:
        if not self._goes_on(guest):
            self._from_nothing(stay_paused=True)
        elif guest is not None and guest.state is PowerState.RUNNING:
            self._site.at(Step.PAUSE, self._start.uuid)
            self._site.guests.pause(self._start.uuid)

    def _suspend(self, guest: Guest | None) -> None:
        disk = self._site.disks.find(self._start.uuid)
        if guest is None and disk is not None and disk.is_saved:
            return
        if not self._goes_on(guest):
            self._from_nothing(stay_paused=True)
            disk = self._site.disks.find(self._start.uuid)
        if disk is not None:
            self._site.at(Step.SAVE, self._start.uuid)
            self._site.guests.save(self._start.uuid, disk.saved)
            self._site.live.drop(self._start.uuid)
            self._site.disks.sync(self._start.uuid)

    def _stop(self, guest: Guest | None) -> None:
        if guest is None and not self._note.begun:
            return
        running = guest is not None and guest.state is PowerState.RUNNING
        grace = self._site.settings.grace if running else AT_ONCE
        ending.stop(self._site, self._start.uuid, grace)

    def _delete(self, _guest: Guest | None) -> None:
        ending.delete(self._site, self._start, self._note.begun)

    def _from_nothing(self, stay_paused: bool) -> None:
        self._started = True
        self._start.run(stay_paused)

    def _goes_on(self, guest: Guest | None) -> bool:
        """Whether this very guest may go on: it is under this permit, and ran or was let run.

        One that is paused may be what is left of a start that died before its disk was settled.
        """
        if guest is None or guest.holder != self._start.mine:
            return False
        if guest.state is not PowerState.PAUSED:
            return guest.state is PowerState.RUNNING
        lease = self._site.leases.read(self._start.uuid)
        return (
            lease is not None
            and lease.holder == self._start.mine
            and lease.data_gen == self._start.mine.generation
        )
