"""Whoever wants to hears of each step of a recovery: `recovery.` and the stage that it came to."""

from datetime import datetime

from hostdown.domain.model import Caller, Change
from hostdown.services.cell_ports import CellRows
from hostdown.services.recovery_ports import Recovery

_TOLD = ("held", "reason", "domain", "proof", "silent_at", "begun_at", "ended_at")


def told(
    rows: CellRows, seen: Recovery | None, after: Recovery, caller: Caller, now: datetime
) -> None:
    """To be called in the transaction of the step; nothing if it is where it was. `seen`: None if
    it has just begun."""
    if seen is not None and (seen.stage, seen.held) == (after.stage, after.held):
        return
    facts = {"recovery": after.id, "host": after.host, "stage": after.stage.value}
    facts |= {name: _plain(getattr(after, name)) for name in _TOLD}
    was = {} if seen is None else {"stage": seen.stage.value, "held": seen.held}
    change = Change(now, caller, f"recovery.{after.stage.value}", was, {})
    rows.journal.tell(change, after.host, facts)


def _plain(value: object) -> object:
    """As the other payloads write it."""
    return f"{value.isoformat('T', 'microseconds')}Z" if isinstance(value, datetime) else value
