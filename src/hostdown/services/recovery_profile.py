"""How long each step took from a host's silence to its consumers' receipt (Doctor's profiler)."""

from datetime import datetime
from typing import NamedTuple

from hostdown.domain.checkpoints import Moment, Reached, profile
from hostdown.domain.deliveries import Telling
from hostdown.domain.recovery import Stage
from hostdown.services import recovery_words
from hostdown.services.directory_ports import Directory
from hostdown.services.ports import Cells
from hostdown.services.recovery_ports import SILENT_SINCE, Recovery
from hostdown.services.unreachable import UNREACHABLE

TELLINGS_MAX = 100
"""Of a host since the verdict; its own is the first of its kind."""


class Profile(NamedTuple):
    """`telling`: how the verdict was told; None if nobody wanted to know, or it is too old."""

    recovery: Recovery
    checkpoints: list[Reached]
    telling: Telling | None


def of_recovery(cells: Cells, directory: Directory, number: int) -> Profile:
    """Raises RecoveryUnknown."""
    shown = recovery_words.show(cells, number)
    seen = shown.recovery
    told = directory.read(
        lambda rows: rows.tellings.of_host(seen.host, seen.silent_at, TELLINGS_MAX)
    )
    telling = next((each for each in told if each.type == UNREACHABLE), None)
    times = {Moment.VERDICT: seen.silent_at}
    for entry in shown.timeline:
        if entry.details.get("stage") == Stage.EVACUATING.value:
            times.setdefault(Moment.FORCED_DOWN, entry.at)
        since = entry.details.get(SILENT_SINCE)
        if since is not None:
            times[Moment.LAST_HEARD] = datetime.fromisoformat(str(since))
    if telling is not None:
        times[Moment.DISTRIBUTED] = telling.distributed_at
        if telling.last_at is not None:
            times[Moment.RECEIVED] = telling.last_at
    return Profile(seen, profile(times), telling)
