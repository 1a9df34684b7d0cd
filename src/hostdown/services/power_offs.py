"""Power-offs that were sent and may still arrive (NEVER-TWICE F2)."""

from datetime import datetime

from hostdown.domain.evacuation_errors import HostNotSettled
from hostdown.domain.model import Service
from hostdown.domain.recovery import SETTLED_AFTER, settled
from hostdown.services.cell_ports import CellRows
from hostdown.services.recovery_ports import RECENT_MAX


def check_settled(rows: CellRows, seen: Service, now: datetime) -> None:
    """Nobody releases a host that a late one may still switch off; raises HostNotSettled."""
    if not seen.forced_down:
        return
    host = seen.host
    sent = [each.sent_at for each in rows.recoveries.find(RECENT_MAX) if each.host == host]
    last = max((each for each in sent if each is not None), default=None)
    if not settled(last, now):
        raise HostNotSettled(host=host, sent_at=last, within=SETTLED_AFTER.seconds)
