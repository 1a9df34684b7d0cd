"""What deleted servers left on pools, and who is to clear it up (NEVER-TWICE D3).

The host that had the server does, as soon as it hears of the deletion. Where none has a permit for
it any more, or the one that has is gone for good, it is remembered, and `services.clearings` finds
another one.
"""

from collections.abc import Sequence
from datetime import datetime

from hostdown.domain.instance import Ended, Permit
from hostdown.domain.model import Caller
from hostdown.services import doubts
from hostdown.services.cell_ports import CellRows
from hostdown.services.clearing_ports import Clearing
from hostdown.services.releases import Word


def remember(rows: CellRows, uuid: str, caller: Caller, now: datetime) -> None:
    """A server that nobody has is deleted: it may lie wherever a host of its had its disks.

    One that never had a permit never had a disk.
    """
    for host in {each.host for each in rows.permits.of_instance(uuid)}:
        found = rows.nodes.on_host(host)
        pool_id = "" if found is None else found.node.resources.pool_id
        place = (pool_id, "" if pool_id else host)
        rows.clearings.add(Clearing(uuid, *place, caller.user_name, caller.request_id, 0, now))


def left_to(rows: CellRows, host_id: str) -> list[Permit]:
    """Permits of deleted servers that wait for this host to clear up after them."""
    return [permit for permit, instance in rows.permits.assigned(host_id) if instance.deleted]


def take_over(rows: CellRows, left: Sequence[Permit], caller: Caller, now: datetime) -> None:
    """The host of these is gone for good, as `caller` says: others clear up instead.

    To be called by who holds the ledger, of a host that is forced down: that is the word by which
    its permits end (NEVER-TWICE P2).
    """
    word = Word(caller.user_name, caller.request_id)
    for permit in left:
        doubts.end(rows, permit, Ended("word", str(word), now))
        remember(rows, permit.instance, caller, now)
