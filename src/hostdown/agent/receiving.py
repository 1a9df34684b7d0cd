"""How a guest that runs comes from another host: D's part of M1 of NEVER-TWICE.

Nothing here lets it run before its host has made this one its successor on the disk; from then on
nobody else can.
"""

from hostdown.agent import ending
from hostdown.agent.errors import DiskMissing
from hostdown.agent.guest_errors import GuestRefused
from hostdown.agent.guests import Guest
from hostdown.agent.notes import Note
from hostdown.agent.site import Site, Standing, Step
from hostdown.agent.starting import Starting
from hostdown.domain.assignment import Assignment, Disk, Failure, Incoming
from hostdown.domain.lease import Arrival, arrival


class Receiver:
    """For one host in one session. The caller holds the instance's lock."""

    def __init__(self, site: Site, me: Standing) -> None:
        self._site = site
        self._me = me

    def look(self, note: Note, guest: Guest | None) -> Arrival:
        """How it stands with it. Raises what ports raise.

        What its host has taken back is ended, unless it is whole: then that host may yet find out
        that it has nothing of the guest any more, and hand it over.
        """
        uuid, mine = note.uuid, note.holder(self._me.host)
        found = arrival(mine, self._site.leases.read(uuid))
        if found is Arrival.NOT_SENT and guest is not None and guest.in_transit:
            ending.end(self._site, uuid)
        return found

    def is_awaited(self, note: Note) -> bool:
        """Whether this host has said that it is ready for the guest, and nothing of it since."""
        told = note.outcome
        return told is not None and told.generation == note.generation and told.ticket is not None

    def ready(self, assignment: Assignment, note: Note) -> str | None:
        """What the sender has to know, if it has not been told; noted that a claim may come.

        Raises DiskMissing, GuestRefused, and what the pool raises.
        """
        if self.is_awaited(note):
            return None
        if self._site.passages is None:
            raise GuestRefused(Failure("no-passage", "No guest can be sent to this host."))
        disk = self._site.disks.find(note.uuid)
        if disk is None:
            raise DiskMissing(instance=note.uuid)
        spec = Starting(self._site, self._me, assignment).spec(disk)
        ticket = self._site.passages.ticket(spec)
        self._site.at(Step.EXPECT, note.uuid)
        self._site.notes.save(note._replace(begun=True))
        return ticket

    def taken_over(
        self, assignment: Assignment, incoming: Incoming, guest: Guest | None
    ) -> Assignment:
        """What there is to do now; a guest that came whole goes on from where it stood."""
        asked = assignment._replace(wanted=incoming.wanted, incoming=None, disk=Disk.KEEP)
        if guest is not None and not guest.in_transit:
            Starting(self._site, self._me, asked).take_over()
        return asked
