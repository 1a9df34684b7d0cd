"""What is done about a host that is back, and has failed too often lately."""

from datetime import datetime

from hostdown.domain.flapping import REASON, fails_too_often
from hostdown.domain.model import COMPUTE, Caller
from hostdown.domain.recovery import Stage
from hostdown.services import compute_services
from hostdown.services.cell_ports import CellRows
from hostdown.services.recovery_ports import RECENT_MAX, Recovery


def damp(rows: CellRows, seen: Recovery, by: Caller, now: datetime) -> str | None:
    """Disable the host's service if this recovery, which is over, was one too many.

    Why it is disabled, then. Whoever disabled it before is believed to have had reasons.
    """
    others = rows.recoveries.find(RECENT_MAX)
    failed_at = [
        each.silent_at
        for each in others
        if each.host_id == seen.host_id and each.stage is Stage.RETURNED
    ]
    found = rows.services.find(seen.host, COMPUTE)
    if not fails_too_often([*failed_at, seen.silent_at], now) or not found or found[0].disabled:
        return None
    wanted = compute_services.Wanted(disabled=True, disabled_reason=REASON)
    compute_services.changed(rows, by, lambda _: found[0], wanted, now)
    return f"It is back, and stays disabled: it {REASON}."
