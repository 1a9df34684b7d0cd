"""Taking in what hosts say of their instances: durable before it is answered, and repeatable.

A word counts if it is about a permit that its host has had: what a host says of others' instances
is dropped. Each outcome is a transaction of its own, so that one of thousands costs no more than
itself if it has to be decided anew.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from hostdown.domain.assignment import Outcome
from hostdown.domain.instance import Ended, Instance, Permit, PermitState
from hostdown.domain.model import HostRecord
from hostdown.domain.settlement import settle
from hostdown.services.cell_ports import Cell, CellRows
from hostdown.services.directory_ports import Directory, DirectoryRows
from hostdown.services.instance_changes import ERROR, SUCCESS, change

LOG = logging.getLogger(__name__)

OUTCOMES_MAX = 200
"""Outcomes in one message of an agent."""


def take(
    cell: Cell,
    directory: Directory,
    record: HostRecord,
    outcomes: Sequence[Outcome],
    now: datetime,
) -> None:
    """Settle what the host says."""
    for outcome in outcomes:
        after = cell.write(partial(_settle, record=record, outcome=outcome, now=now))
        if after is not None and after.deleted:
            directory.write(partial(_forget, uuid=after.uuid))


def _forget(rows: DirectoryRows, uuid: str) -> None:
    """While its cell is silent, nobody says that it is there."""
    rows.instance_mappings.deleted(uuid)


def _settle(rows: CellRows, record: HostRecord, outcome: Outcome, now: datetime) -> Instance | None:
    permit = _permit(rows, record, outcome)
    if permit is None:
        return None
    if outcome.claimed and permit.state == PermitState.GRANTED:
        rows.permits.claimed(permit)
    if outcome.gone:
        _surrender(rows, record, permit, now)
    elif permit.ended is not None:
        return None  # late: somebody else's word about this instance counts now
    seen, after = change(rows, outcome.uuid, lambda seen: settle(seen, outcome, now), now)
    _end_events(rows, seen, after, outcome, now)
    return after


def _permit(rows: CellRows, record: HostRecord, outcome: Outcome) -> Permit | None:
    for permit in rows.permits.of_instance(outcome.uuid):
        if permit.generation == outcome.generation and permit.host_id == record.id:
            return permit
    LOG.warning(
        "Host '%s' speaks of instance %s under permit %d, which it never had; ignored",
        record.name,
        outcome.uuid,
        outcome.generation,
    )
    return None


def _surrender(rows: CellRows, record: HostRecord, permit: Permit, now: datetime) -> None:
    """The host has given the permit back (NEVER-TWICE W3, P2a)."""
    number = rows.ledger.next()
    if rows.permits.end(permit, Ended("surrender", record.name, now)):
        rows.ledger.changed([record.id], number)


def _end_events(
    rows: CellRows, seen: Instance, after: Instance, outcome: Outcome, now: datetime
) -> None:
    """The order is carried out, or given up: the steps that wait for it are over."""
    if seen.task_state is None or after.task_state is not None:
        return
    failure = outcome.failure
    result = SUCCESS if failure is None else ERROR
    details = None if failure is None else failure.message
    rows.actions.finish(outcome.uuid, outcome.order, result, details, now)
