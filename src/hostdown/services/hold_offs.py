"""How long an unreachable host may still come back, by what others say of it (DESIGN §9)."""

from datetime import datetime, timedelta

from hostdown.domain.fault_events import WORTH, FaultEvent, hold_off_share, standing
from hostdown.domain.model import COMPUTE
from hostdown.services.cell_ports import Cell, CellRows
from hostdown.services.fault_ports import KEPT_MAX
from hostdown.services.recovery_ports import Entry, Recovery

_EARLY = "What others say of it ends the hold-off early."


def left(
    cell: Cell, seen: Recovery, hold_off: timedelta, passed: timedelta, now: datetime
) -> timedelta:
    """What is left of the hold-off after `passed`; what ends it early is written down once."""
    if passed >= hold_off:
        return timedelta()
    said, is_told = cell.read(lambda rows: (_said(rows, seen, now), _is_told(rows, seen)))
    shortened = max(hold_off * hold_off_share(said) - passed, timedelta())
    if said and not shortened and not is_told:
        cell.write(lambda rows: rows.timelines.add(seen.id, _told(said, now)))
    return shortened


def _said(rows: CellRows, seen: Recovery, now: datetime) -> list[FaultEvent]:
    """What shortens it."""
    service = next(iter(rows.services.find(seen.host, COMPUTE)), None)
    if service is None:
        return []
    events = rows.fault_events.of_host(seen.host_id, KEPT_MAX)
    stands = standing(events, service.last_seen_up, now)
    return [each for each in stands if WORTH[each.kind].hold_off < 1]


def _is_told(rows: CellRows, seen: Recovery) -> bool:
    """It may be over for long before anything else is done: slots are looked at first."""
    return any(each.what == _EARLY for each in rows.timelines.of(seen.id))


def _told(said: list[FaultEvent], now: datetime) -> Entry:
    by = [f"{each.kind.value}, said by {each.source}" for each in said]
    return Entry(now, _EARLY, {"evidence": by})
