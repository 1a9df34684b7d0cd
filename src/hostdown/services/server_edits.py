"""What people change of a server itself: its name and the like, its metadata (contract 3.8, 3.10).

No host has to do anything for these. A change is compared and set, and journaled with it; one that
changes nothing writes nothing and tells nobody.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from hostdown.domain import server_actions
from hostdown.domain.action_errors import ServerInWrongState, ServerNeverRan
from hostdown.domain.instance import Instance, VmState
from hostdown.domain.model import Caller
from hostdown.domain.quotas import exceeds
from hostdown.domain.server_errors import (
    MetadataItemNotFound,
    MetadataTooLarge,
    MetadataTooMany,
    PinnedElsewhere,
    ServerNotFound,
    ZoneIsNotCurrent,
)
from hostdown.services.cell_ports import Cell, CellRows
from hostdown.services.instance_changes import change

Decide = Callable[[Instance], Instance]


def edit(cell: Cell, uuid: str, decide: Decide, caller: Caller, now: datetime) -> Instance:
    """The server after `decide`, which may be asked again.

    Raises ServerNotFound, ServerChanging, and what `decide` raises.
    """

    def of_one_there(seen: Instance) -> Instance:
        if seen.deleted:
            raise ServerNotFound(server_id=uuid)
        return decide(seen)

    def work(rows: CellRows) -> Instance:
        _, after = change(rows, uuid, of_one_there, caller, now)
        return after

    return cell.write(work)


_METADATA_STATES = (VmState.ACTIVE, VmState.PAUSED, VmState.SUSPENDED, VmState.STOPPED)


Texts = Mapping[str, str]


METADATA_BYTES_MAX = 114_688
"""Bytes of one server's metadata, whatever its quota: what one request could bring; lists carry
them along."""


class MetadataEdit(NamedTuple):
    """What becomes of a server's metadata; `doing` says in refusals what was tried."""

    after: Callable[[Texts], Texts]
    doing: str
    items_max: int
    """Its quota; who has more may not get more still."""
    by_admin: bool


def edit_metadata(
    cell: Cell, uuid: str, wanted: MetadataEdit, caller: Caller, now: datetime
) -> Instance:
    """The server with other metadata. What is going on with it does not matter.

    Raises ServerLocked, ServerInWrongState, ServerNeverRan, MetadataTooMany, MetadataTooLarge
    beside what `edit` raises.
    """

    def decide(seen: Instance) -> Instance:
        server_actions.check_lock(seen, wanted.by_admin)
        facts = {"action": wanted.doing, "uuid": seen.uuid}
        if seen.vm_state not in _METADATA_STATES:
            raise ServerInWrongState(attribute="vm_state", state=seen.vm_state, **facts)
        if seen.launched_at is None:
            raise ServerNeverRan(**facts)
        metadata = dict(wanted.after(seen.metadata))
        grows = len(metadata) > len(seen.metadata)
        if grows and exceeds(len(metadata), wanted.items_max):
            raise MetadataTooMany(limit=wanted.items_max)
        if grows and _bytes(metadata) > METADATA_BYTES_MAX:
            raise MetadataTooLarge(limit=METADATA_BYTES_MAX)
        return seen._replace(metadata=metadata)

    return edit(cell, uuid, decide, caller, now)


def _bytes(metadata: Texts) -> int:
    return sum(len(text.encode()) for item in metadata.items() for text in item)


def without(metadata: Texts, key: str) -> Texts:
    """Raises MetadataItemNotFound."""
    if key not in metadata:
        raise MetadataItemNotFound
    return {name: value for name, value in metadata.items() if name != key}


def pinned(seen: Instance, zone: str | None, current: str) -> Instance:
    """The server pinned to a zone, or to none (2.104); `current` is the zone that it is in.

    Raises PinnedElsewhere, ZoneIsNotCurrent.
    """
    if zone is None or zone == seen.pinned_zone:
        return seen._replace(pinned_zone=zone)
    if seen.pinned_zone is not None:
        raise PinnedElsewhere
    if zone != current:
        raise ZoneIsNotCurrent(current=current, requested=zone)
    return seen._replace(pinned_zone=zone)
