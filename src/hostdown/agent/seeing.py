"""What there is of an instance, in the words that its server is told."""

from hostdown.agent.guest_errors import GuestRefused
from hostdown.agent.guests import Guest
from hostdown.agent.notes import Note
from hostdown.agent.site import Site, Standing
from hostdown.domain.assignment import Failure, Had, PowerState
from hostdown.domain.assignment_forms import TEXT_LENGTH_MAX
from hostdown.domain.errors import HostdownError

Row = tuple[str, int, int, int]
"""An instance in a report: uuid, generation, order, power state."""

_HAS_PROCESS = (PowerState.RUNNING, PowerState.PAUSED)


def mine(site: Site, me: Standing) -> list[Guest]:
    """The guests that were made for this host on this boot; raises HypervisorSilent."""
    return [
        guest
        for guest in site.guests.inventory()
        if (guest.holder.host, guest.holder.boot) == (me.host, me.boot)
    ]


def rows(site: Site, me: Standing) -> list[Row]:
    """Every instance for a report; raises HypervisorSilent.

    Guests that were made for another host are nobody's business here.
    """
    guests = {guest.uuid: guest for guest in mine(site, me)}
    noted = [
        (note.uuid, note.generation, note.order, int(told(note)))
        for note in site.notes.all()
        if note.open and note.uuid not in guests
    ]
    seen = [
        (uuid, guest.holder.generation, site.notes.get(uuid).order, int(guest.state))
        for uuid, guest in guests.items()
    ]
    return noted + seen


def state_of(note: Note, guest: Guest | None) -> PowerState:
    """What is there now; what was never there, or was saved, has no process and is as before."""
    if guest is not None:
        return guest.state
    if note.outcome is None:
        return PowerState.NOSTATE
    before = note.outcome.state
    return PowerState.SHUTDOWN if before in _HAS_PROCESS else before


def failure_of(error: HostdownError) -> Failure:
    """As the server is told of it."""
    if isinstance(error, GuestRefused):
        return error.failure._replace(message=error.failure.message[:TEXT_LENGTH_MAX])
    return Failure(error.code, str(error)[:TEXT_LENGTH_MAX])


def told(note: Note) -> PowerState:
    """What its server was told last."""
    return PowerState.NOSTATE if note.outcome is None else note.outcome.state


def had(note: Note) -> Had:
    """The permit of a note, which was not given up."""
    waits = note.incoming and not note.claimed
    facts = (note.uuid, note.generation, note.boot, note.order, told(note), note.claimed)
    return Had(*facts, incoming=waits)
