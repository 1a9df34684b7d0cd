"""What the lease says of a claim of this host's: whether it stands, or is another's (W1)."""

from typing import NamedTuple

from hostdown.agent.notes import Note
from hostdown.agent.site import Site
from hostdown.domain.assignment import Holder
from hostdown.domain.lease import Lease, Watch, watch
from hostdown.domain.pool_errors import LeaseUnreadable, PoolAbsent


class Lost(NamedTuple):
    """The claim is over; to whom, if it is not that it was just given up."""

    to: Holder | None


def lost(site: Site, note: Note, host: str) -> Lost | None:
    """Whether it is over."""
    return _lost(note, host, _lease(site, note))


def look_after(site: Site, note: Note, host: str) -> Lost | None:
    """The same; what it says wrongly is put right. Raises what the pool raises."""
    lease = _lease(site, note)
    over = _lost(note, host, lease)
    if lease is not None and watch(note.holder(host), lease) is Watch.REPAIR:
        # What is claimed and in order has run (see `_lease`).
        data_gen = max(lease.data_gen, note.generation)
        site.leases.write(note.uuid, lease.holder, lease.state, lease.next, data_gen)
    return over


def _lost(note: Note, host: str, lease: Lease | None) -> Lost | None:
    mine = note.holder(host)
    if lease is None or watch(mine, lease) is not Watch.KILL:
        return None
    return Lost(None if lease.holder == mine else lease.holder)


def _lease(site: Site, note: Note) -> Lease | None:
    """The lease, if there is a claim of mine to look after, and if it can be read.

    It is noted as made once a start came to its end, in which the guest ran or was saved.
    """
    if not note.claimed:
        return None
    try:
        return site.leases.read(note.uuid)
    except (PoolAbsent, LeaseUnreadable):
        return None
