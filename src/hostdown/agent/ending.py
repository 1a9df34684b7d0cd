"""How a guest, a permit and a server come to their ends (NEVER-TWICE W3, the tombstone of D3)."""

import logging
from datetime import timedelta

from hostdown.agent.errors import ClaimRefused, PoolNotMeasured
from hostdown.agent.notes import Note
from hostdown.agent.site import Site, Step
from hostdown.agent.starting import AT_ONCE, Starting
from hostdown.domain.assignment import Holder
from hostdown.domain.lease import Claimable, Mine, Reason, Refusal, may_claim
from hostdown.domain.lease_text import LeaseState
from hostdown.domain.pool_errors import LeaseUnreadable, PoolAbsent, PoolFailed, PoolFull
from hostdown.domain.pools import PoolClass

LOG = logging.getLogger("hostdown.agent")


def stop(site: Site, uuid: str, grace: timedelta) -> None:
    """End the guest as its owner asked, and forget memory that was saved. The lease stays held.

    Raises NotGone, HypervisorSilent, and what the pool raises.
    """
    site.at(Step.END, uuid)
    site.guests.end(uuid, grace)
    site.live.drop(uuid)
    site.at(Step.SYNC, uuid)
    site.disks.drop_saved(uuid)
    site.disks.sync(uuid)


def end(site: Site, uuid: str) -> None:
    """Kill what is nobody's. Raises NotGone, HypervisorSilent."""
    site.at(Step.KILL, uuid)
    site.guests.end(uuid, AT_ONCE)
    site.live.drop(uuid)


def surrender(site: Site, note: Note, host: str) -> Note:
    """Give a permit up: the note afterwards, which says so already on disk.

    It names one generation and ends nothing else; whoever calls holds the instance's lock, so no
    start is in progress. May be done again at any time. Raises as `stop`.
    """
    uuid, holder = note.uuid, note.holder(host)
    if note.open:
        site.at(Step.SURRENDER, uuid)
        note = note._replace(done=note.generation)
        site.notes.save(note)
    end(site, uuid)
    if note.begun:
        _free(site, uuid, holder)
    return note


def _free(site: Site, uuid: str, holder: Holder) -> None:
    lease = site.leases.read(uuid)
    if lease is not None and lease.holder == holder and lease.state is not LeaseState.DELETED:
        # It is mine, so the disk beside it is the one that my guest wrote.
        site.at(Step.SYNC, uuid)
        site.disks.sync(uuid)
        site.at(Step.FREE, uuid)
        site.leases.write(uuid, holder, LeaseState.FREE, None, lease.data_gen)
    site.leases.clean(uuid, holder.host)


def set_aside(site: Site, uuid: str, host: str) -> None:
    """Keep the copy of a server that runs elsewhere now out of everybody's way (NEVER-TWICE D1).

    Whoever calls holds the instance's lock, and nothing of it runs or is open here. On a pool that
    other hosts have, too, it is the server's one disk. That it is not shows the lease as well: who
    runs it now has claimed it elsewhere. Raises PoolNotMeasured, and what the pool raises.
    """
    pool = site.pool.seen()
    if site.copies is None or not pool.pool_id:
        return
    lease = site.leases.read(uuid)
    given_up = lease is not None and lease.holder.host == host and lease.state is LeaseState.FREE
    if lease is None or not given_up or site.disks.find(uuid) is None:
        return
    if not pool.pool_class:
        raise PoolNotMeasured(instance=uuid)
    if pool.pool_class == PoolClass.LOCAL:
        site.at(Step.ASIDE, uuid)
        site.copies.set_aside(uuid, lease.holder.generation)


def delete(site: Site, start: Starting, begun: bool) -> None:
    """Nothing is left of the server but its tombstone, which is there before the disk goes.

    A tombstone that is there already is as good, whoever wrote it: this host, on a boot that ended
    before the disk went, or one that the server was moved from. Raises ClaimRefused if another
    host has it, and as `stop`. `begun`: there may be a claim.
    """
    uuid = start.uuid
    site.at(Step.END, uuid)
    site.guests.end(uuid, AT_ONCE)
    site.live.drop(uuid)
    lease = site.leases.read(uuid)
    verdict = may_claim(start.permit(), lease)
    if isinstance(verdict, Claimable) and lease is None and not begun:
        return
    if isinstance(verdict, Refusal):
        if verdict.reason is Reason.ABSENT and site.disks.find(uuid) is None:
            return
        if verdict.reason is not Reason.DELETED:
            raise ClaimRefused(verdict)
        # Whoever wrote the tombstone did so after its guest's end, and may have got no further.
    else:
        # What is mine already goes from whatever it says to its tombstone, without a word between.
        held = verdict.lease if isinstance(verdict, Mine) else start.claim()[0]
        site.at(Step.TOMBSTONE, uuid)
        site.leases.write(uuid, start.mine, LeaseState.DELETED, None, held.data_gen)
    site.at(Step.REMOVE, uuid)
    site.disks.remove(uuid)
    site.leases.clean(uuid, start.mine.host)


def undo(start: Starting) -> None:
    """After a start that is given up. Storage that fails keeps its claim: that is safe, and said.

    Raises NotGone, HypervisorSilent: then it is to be tried again.
    """
    try:
        start.undo()
    except (PoolAbsent, PoolFull, PoolFailed, LeaseUnreadable) as error:
        LOG.warning("Instance %s could not be cleaned up: %s", start.uuid, error)
