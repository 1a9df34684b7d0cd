"""What the storm gate looks at: how many hosts there are and are heard, how many were fenced."""

from datetime import datetime
from typing import NamedTuple

from hostdown.domain.failure_domains import failure_domain
from hostdown.domain.liveness import is_heard
from hostdown.domain.model import COMPUTE
from hostdown.domain.recovery import WINDOW, Attempts, Ears, Fleet
from hostdown.domain.zones import Zones
from hostdown.services.cell_ports import CellRows
from hostdown.services.recovery_ports import RECENT_MAX, Recovery


class View(NamedTuple):
    """Which zones and failure domains there are, what counts as heard, and the time."""

    zones: Zones
    ears: Ears
    now: datetime


def seen_by_gate(rows: CellRows, seen: Recovery, view: View) -> tuple[Fleet, Attempts]:
    """What the gate decides by, in the transaction that would commit an attempt."""
    services = rows.services.find(None, COMPUTE)
    living = [each for each in services if not each.forced_down]
    heard = [each for each in living if is_heard(each, view.ears.life)]
    of_domain = [each for each in services if failure_domain(each.host, view.zones) == seen.domain]
    recent = [
        each.domain
        for each in rows.recoveries.find(RECENT_MAX)
        if each.gated and _tried_at(each) > view.now - WINDOW
    ]
    fleet = Fleet(len(services), len(living), len(heard), seen.domain, len(of_domain))
    return fleet, Attempts(len(recent), recent.count(seen.domain))


def _tried_at(seen: Recovery) -> datetime:
    """When it was fenced last: what fails is tried again for as long as it takes."""
    return max(each for each in (seen.begun_at, seen.level_at, seen.sent_at) if each is not None)
