"""A guest that was on its way to a host when the database lost that (NEVER-TWICE M1, P5).

Whoever waits for it may not run it yet, so it is no holder: the move is a row again, and goes back.
The host that has the guest says whether it keeps it or has handed it over already.
"""

import logging
from collections.abc import Sequence
from datetime import datetime

from hostdown.domain import live_moves
from hostdown.domain.action_errors import ServerChanging
from hostdown.domain.assignment import Disk
from hostdown.domain.instance import INCOMING, Permit, PermitState
from hostdown.domain.migration import MigrationType, Status, Step, Wish, moved
from hostdown.domain.permits import data_generation, held, holders
from hostdown.services.cell_ports import CellRows
from hostdown.services.hearing_ports import Stranger
from hostdown.services.instance_changes import change
from hostdown.services.instance_journal import HOSTS_WORD
from hostdown.services.migrations import begun

LOG = logging.getLogger(__name__)


def expect(rows: CellRows, seen: Stranger, number: int, now: datetime) -> None:
    """It waits again, until the host that sends it has said where it stays."""
    uuid, permits = seen.had.uuid, rows.permits.of_instance(seen.had.uuid)
    reason = f"The server was found on its way to host {seen.host}: the database had lost that."
    LOG.warning("Instance %s: %s", uuid, reason)
    end_move(rows, uuid, reason, now)
    rows.permits.add(permit(seen, permits, INCOMING, now))
    _, after = change(rows, uuid, live_moves.accepted, None, now)
    kind, wish = MigrationType.LIVE, Wish(seen.host, False, "", after.wanted)
    made = begun(after, kind, Status.RUNNING, wish, HOSTS_WORD, now)
    node, has = rows.nodes.on_host(seen.host), held(permits)
    back = made._replace(
        source_host=made.source_host if has is None else has.host,
        dest_node=None if node is None else node.node.resources.hypervisor_hostname,
        generation=seen.had.generation,
        step=Step.BACK,
        reason=reason,
    )
    if rows.migrations.add(back) is None:
        raise ServerChanging(uuid=uuid)
    rows.ledger.changed([seen.host_id, *([] if has is None else [has.host_id])], number)


def permit(seen: Stranger, permits: Sequence[Permit], kind: str, now: datetime) -> Permit:
    """That of what a host has."""
    claimed = seen.had.claimed
    return Permit(
        id=0,
        instance=seen.had.uuid,
        generation=seen.had.generation,
        host_id=seen.host_id,
        host=seen.host,
        boot=seen.had.boot,
        kind=kind,
        over=holders(permits),
        disk=Disk.KEEP.value,
        data_gen=data_generation(permits),
        state=(PermitState.CLAIMED if claimed else PermitState.GRANTED).value,
        ended=None,
        created_at=now,
    )


def end_move(rows: CellRows, uuid: str, reason: str, now: datetime) -> None:
    """Wherever it was on its way to, it is somewhere else."""
    moving = rows.migrations.open(uuid)
    if moving is None:
        return
    failed = moving.type is MigrationType.EVACUATION and moving.status is not Status.ACCEPTED
    after = moved(moving, Status.FAILED if failed else Status.ERROR)
    after = after._replace(step=Step.NONE, due_at=None, reason=reason, updated_at=now)
    if rows.migrations.replace(moving, after) is None:
        raise ServerChanging(uuid=uuid)
