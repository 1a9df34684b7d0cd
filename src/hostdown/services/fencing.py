"""One call to a fence device, made by a thread of its own."""

from collections.abc import Callable
from datetime import datetime

from hostdown.domain.fence_errors import FenceFailed
from hostdown.domain.recovery import Sent
from hostdown.services.fence_crew_ports import Reached
from hostdown.services.fence_ports import FencePath, Seen
from hostdown.services.recovery_ports import Recovery

Now = Callable[[], datetime]


def sent_on_level(seen: Recovery) -> Sent:
    """What was sent on the level at work; what was sent on another one before does not count."""
    begun_at = seen.level_at or seen.begun_at
    sent_at = seen.sent_at if seen.sent_at is not None and seen.sent_at >= begun_at else None
    return Sent(begun_at, sent_at)


def look(recovery: int, level: int, path: FencePath, now: Now) -> Reached:
    """What the device says of the host's power. The time is that of asking: it was so since."""
    at = now()
    try:
        return Reached(recovery, level, at, path.look())
    except FenceFailed as error:
        return Reached(recovery, level, at, None, str(error), error.retry)


def cut_and_look(
    recovery: int,
    level: int,
    path: FencePath,
    foreign: Callable[[Seen], str | None],
    may_send: Callable[[], bool],
    now: Now,
) -> Reached:
    """Send a power-off to the right machine, if this server may still do so, and look.

    Which machine it is comes first: one that is cabled wrongly would switch off another host. A
    leader that was stopped between writing down that it sends and sending may have been replaced
    meanwhile: then it sends nothing (leader-paused-before-send). So does who was slow to hear which
    machine it is, and needs no power-off any more.
    """
    before = look(recovery, level, path, now)
    if before.seen is None or foreign(before.seen):
        return before
    if not may_send():
        return Reached(recovery, level, now(), None, "The recovery may have gone on meanwhile.")
    try:
        path.cut()
    except FenceFailed as error:
        return Reached(recovery, level, now(), None, str(error), error.retry)
    return look(recovery, level, path, now)._replace(cut=True)
