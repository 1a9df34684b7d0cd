"""What operators see of recoveries, and what they may say to them."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from hostdown.domain.model import Caller
from hostdown.domain.recovery import NEXT, Event, Held, Stage
from hostdown.domain.recovery_errors import (
    RecoveryDisarmed,
    RecoveryHasGoneOn,
    RecoveryUnknown,
)
from hostdown.services import disarming, fault_events, recovery_journal
from hostdown.services.cell_ports import Cell, CellRows
from hostdown.services.ports import Cells
from hostdown.services.recovery_ports import Entry, Recovery
from hostdown.services.recovery_steps import force

SHOWN_MAX = 1000
"""Recoveries in a list: the newest."""


class Shown(NamedTuple):
    """A recovery and what was decided and seen."""

    recovery: Recovery
    timeline: list[Entry]


Work = Callable[[CellRows, Recovery], Recovery]


def list_recoveries(cells: Cells) -> list[Recovery]:
    """The newest first; raises CellUnavailable."""
    found: list[Recovery] = []
    for cell in cells.all():
        found += cell.read(lambda rows: rows.recoveries.find(SHOWN_MAX))
    return sorted(found, key=lambda each: each.begun_at, reverse=True)[:SHOWN_MAX]


def show(cells: Cells, number: int) -> Shown:
    """One with its timeline; raises RecoveryUnknown, CellUnavailable."""
    cell, found = _find(cells, number)

    def work(rows: CellRows) -> Shown:
        return Shown(found, fault_events.beside(rows, found, rows.timelines.of(number)))

    return cell.read(work)


def hold(cells: Cells, number: int, caller: Caller, now: datetime) -> Recovery:
    """Nothing is done about its host until `release`; raises RecoveryUnknown, RecoveryHasGoneOn.

    What was committed cannot be held: a power-off may be on its way (NEVER-TWICE F2).
    """

    def work(rows: CellRows, seen: Recovery) -> Recovery:
        _check(seen, (Stage.HOLDING_OFF, Stage.HELD), "only one that waits can be held.")
        reason = f"{caller.user_name} holds it."
        stage = NEXT[seen.stage, Event.STOPPED]
        after = seen._replace(stage=stage, held=Held.OPERATOR, reason=reason, due_at=now)
        return _put(rows, seen, after, reason, caller, now)

    return _change(cells, number, work)


def release(cells: Cells, number: int, caller: Caller, now: datetime) -> Recovery:
    """What an operator held goes on, and meets whatever else may hold it; what is held by something
    else goes past that, and past the storm gate.

    Raises RecoveryUnknown, RecoveryHasGoneOn, RecoveryDisarmed.
    """

    def work(rows: CellRows, seen: Recovery) -> Recovery:
        _check(seen, (Stage.HELD,), "only one that is held can be released.")
        text = f"{caller.user_name} releases it."
        after = seen._replace(held=None, reason=text, due_at=now)
        if seen.held is not Held.OPERATOR:
            off = disarming.why_not(rows, seen, now)
            if off is not None:
                raise RecoveryDisarmed(number=seen.id, host=seen.host, reason=off)
            after = after._replace(gated=True, released=True)
        return _put(rows, seen, after, text, caller, now)

    return _change(cells, number, work)


def confirm_off(cells: Cells, number: int, caller: Caller, now: datetime) -> Recovery:
    """The operator's word that the host is off: it is forced down in their name, and its servers
    are brought back. Who set the flag clears it; raises RecoveryUnknown, RecoveryHasGoneOn."""

    def work(rows: CellRows, seen: Recovery) -> Recovery:
        if (seen.stage, Event.WORD) not in NEXT:
            _check(seen, (), "there is nothing left to confirm.")
        text = f"{caller.user_name} says that it is off."
        force(rows, seen.host, True, caller, now)
        stage = NEXT[seen.stage, Event.WORD]
        after = seen._replace(stage=stage, held=None, reason=text, due_at=now)
        return _put(rows, seen, after, text, caller, now)

    return _change(cells, number, work)


def _check(seen: Recovery, stages: tuple[Stage, ...], reason: str) -> None:
    if seen.stage not in stages:
        raise RecoveryHasGoneOn(number=seen.id, host=seen.host, stage=seen.stage, reason=reason)


def _put(
    rows: CellRows, seen: Recovery, after: Recovery, what: str, caller: Caller, now: datetime
) -> Recovery:
    put = rows.recoveries.replace(seen, after)
    if put is None:
        reason = "it has just gone on. Look again."
        raise RecoveryHasGoneOn(number=seen.id, host=seen.host, stage=seen.stage, reason=reason)
    facts = {"user": caller.user_name, "request_id": caller.request_id, "stage": after.stage.value}
    rows.timelines.add(seen.id, Entry(now, what, facts))
    recovery_journal.told(rows, seen, after, caller, now)
    return put


def _change(cells: Cells, number: int, work: Work) -> Recovery:
    cell, _ = _find(cells, number)

    def led(rows: CellRows) -> Recovery:
        rows.ledger.next()
        return work(rows, _get(rows, number))

    return cell.write(led)


def _find(cells: Cells, number: int) -> tuple[Cell, Recovery]:
    for cell in cells.all():
        found = cell.read(lambda rows: rows.recoveries.get(number))
        if found is not None:
            return cell, found
    raise RecoveryUnknown(number=number)


def _get(rows: CellRows, number: int) -> Recovery:
    found = rows.recoveries.get(number)
    if found is None:
        raise RecoveryUnknown(number=number)
    return found
