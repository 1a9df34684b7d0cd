"""Proofs that are void, and the permits that ended by them (NEVER-TWICE D4, F5).

A host that was proven over and is heard again may run whatever it ran. Until somebody claims the
disk over it, such a permit counts as one that never ended: what was granted over it is asked back,
and when that has ended it is open again, so that it takes another proof, or a word that is given by
who knows of it, before anybody else gets the server. Once a later claim was told, the lease decides
(W1), and nothing is undone here.
"""

import logging
from datetime import datetime

from hostdown.domain.instance import Ended, Permit, PermitState
from hostdown.domain.model import COMPUTE, Caller, Change, HostRecord
from hostdown.domain.permits import doubtful, held
from hostdown.services.cell_ports import CellRows
from hostdown.services.permit_ports import Proof

LOG = logging.getLogger(__name__)

REBOOT = "reboot"
"""The kind of the proof that a newer boot is (NEVER-TWICE F4)."""
HOST = "host"
"""The scope of a proof that covers whatever ran on the host."""


def end(rows: CellRows, permit: Permit, ended: Ended) -> Permit | None:
    """End a permit; another one, which it was over, if that is open again by it."""
    rows.permits.end(permit, ended)
    return _reopened(rows, permit.instance)


def fork(rows: CellRows, record: HostRecord, boot: int, caller: Caller, now: datetime) -> None:
    """What this boot of a host, or an older one, runs was proven over, and it lives.

    Done once: a host of which a proof is void proves nothing any more, by none of its boots.
    """
    number = rows.ledger.next()
    if rows.proofs.voided(record.id) is not None:
        return
    numbers = _void(rows, record, boot, number, now)
    if not numbers:
        # The newer boot has not asked for anything yet, and must not prove anything by it.
        rows.proofs.add(Proof(record.id, boot, HOST, REBOOT, now, record.name, {}, now))
    for service in rows.services.find(record.name, COMPUTE):
        facts = {"identity": "forked", "heard_boot": boot, "void_proofs": numbers}
        rows.journal.record(Change(now, caller, "host.forked", {}, facts), service)


def void(rows: CellRows, record: HostRecord, boot: int, caller: Caller, now: datetime) -> None:
    """What this boot runs was proven over, and it lives: what proved it proves nothing (F5)."""
    numbers = _void(rows, record, boot, rows.ledger.next(), now)
    for service in rows.services.find(record.name, COMPUTE):
        facts = {"heard_boot": boot, "void_proofs": numbers}
        rows.journal.record(Change(now, caller, "host.proof_void", {}, facts), service)


def _void(rows: CellRows, record: HostRecord, boot: int, number: int, now: datetime) -> list[int]:
    """The proofs that covered it."""
    numbers = rows.proofs.void(record.id, boot, now)
    permits = [each for proof in numbers for each in rows.doubts.ended_by(record.id, proof)]
    for permit in permits:
        if permit.ended is not None:
            rows.doubts.doubt(permit, permit.ended)
    for uuid in sorted({permit.instance for permit in permits}):
        _withdraw(rows, uuid, number)
    return numbers


def _withdraw(rows: CellRows, uuid: str, number: int) -> None:
    """Nobody but its own host can tell that a permit was not claimed: it is asked back."""
    permits = rows.permits.of_instance(uuid)
    holder = held(permits)
    if doubtful(permits) is None:
        LOG.error("Instance %s was claimed over a host that lives: its lease decides", uuid)
    elif holder is None:
        _reopened(rows, uuid)
    elif holder.state == PermitState.GRANTED:
        rows.permits.ask_back(holder)
        rows.ledger.changed([holder.host_id], number)


def _reopened(rows: CellRows, uuid: str) -> Permit | None:
    permits = rows.permits.of_instance(uuid)
    doubt = None if held(permits) else doubtful(permits)
    if doubt is None or rows.instances.get(uuid) is None:
        return None
    return rows.doubts.reopen(doubt)
