"""By which of Nova's names the steps of moves are told (contract 7.3).

A move's own row says how far it is; how it ends badly is also told by the server's
(`domain.instance_events`). A live migration's way back is told once it is over: until then the
server may turn out to have been handed over.
"""

from collections.abc import Iterator
from typing import NamedTuple

from hostdown.domain.migration import ENDED, Migration, MigrationType, Status


class Notice(NamedTuple):
    """A step by its name; `by_source`: the host that had the server says it, or the next one.

    `at_source`: the server is shown there still, although it is elsewhere by now.
    """

    kind: str
    by_source: bool = False
    at_source: bool = False


_LIVE = "instance.live_migration"
_SCHEDULED = (
    Notice("instance.rebuild_scheduled"),
    Notice("instance.exists"),
    Notice("instance.rebuild.start"),
)
_PREPARED = (
    Notice("instance.resize_prep.start"),
    Notice("instance.resize_prep.end"),
    Notice("instance.resize.start", by_source=True),
)
_SENT = (Notice("instance.resize.end", by_source=True), Notice("instance.resize_finish.start"))
_CONFIRMED = (
    Notice("instance.resize_confirm.start", by_source=True),
    Notice("instance.resize_confirm.end", by_source=True),
)
_AT: dict[MigrationType, dict[Status, tuple[Notice, ...]]] = {
    MigrationType.EVACUATION: {
        Status.PRE_MIGRATING: _SCHEDULED,
        Status.DONE: (Notice("instance.rebuild.end", at_source=True),),
    },
    MigrationType.MIGRATION: {
        Status.MIGRATING: _PREPARED,
        Status.POST_MIGRATING: _SENT,
        Status.FINISHED: (Notice("instance.resize_finish.end"),),
        Status.CONFIRMED: _CONFIRMED,
        Status.REVERTING: (Notice("instance.resize_revert.start"),),
        Status.REVERTED: (Notice("instance.resize_revert.end", by_source=True),),
    },
}
_AT[MigrationType.RESIZE] = _AT[MigrationType.MIGRATION]
_HANDED_OVER = Notice(f"{_LIVE}_post.start", by_source=True, at_source=True)
_ARRIVED = (
    Notice(f"{_LIVE}_post_dest.start", at_source=True),
    Notice(f"{_LIVE}_post_dest.end"),
    Notice(f"{_LIVE}_post.end", by_source=True, at_source=True),
)
_ON_ITS_WAY: dict[Status, tuple[Notice, ...]] = {
    Status.QUEUED: (),
    Status.PREPARING: (),
    Status.RUNNING: (Notice(f"{_LIVE}_pre.end"),),
    Status.POST_MIGRATING: (_HANDED_OVER,),
}
_ROLLED_BACK = (
    Notice(f"{_LIVE}_rollback.start", by_source=True),
    Notice(f"{_LIVE}_rollback_dest.start"),
    Notice(f"{_LIVE}_rollback_dest.end"),
    Notice(f"{_LIVE}_rollback.end", by_source=True),
)


def steps(seen: Migration, after: Migration, host: str | None) -> list[Notice]:
    """What a change of a move's row is told as; `host` is where its server is shown with it."""
    if seen.type is MigrationType.LIVE:
        return list(_of_live(seen, after, host))
    told = _AT[seen.type].get(after.status, ()) if after.status is not seen.status else ()
    skipped = seen.status is Status.PRE_MIGRATING and after.status is Status.POST_MIGRATING
    return [*(_PREPARED if skipped else ()), *told]


def _of_live(seen: Migration, after: Migration, host: str | None) -> Iterator[Notice]:
    if after.generation != seen.generation:
        yield Notice(f"{_LIVE}_pre.start")
    if after.wish.cancelled and not seen.wish.cancelled:
        yield from _both("abort")
    if after.wish.hurried and not seen.wish.hurried:
        yield from _both("force_complete")
    if after.status is not seen.status:
        yield from _ended(seen, after, host) if after.status in ENDED else _ON_ITS_WAY[after.status]


def _ended(seen: Migration, after: Migration, host: str | None) -> tuple[Notice, ...]:
    """Wherever it ended, there it is; what never had a host to go to has no way back."""
    if host == after.dest_host:
        told_already = seen.status is Status.POST_MIGRATING
        return _ARRIVED if told_already else (_HANDED_OVER, *_ARRIVED)
    return _ROLLED_BACK if after.generation else ()


def _both(name: str) -> Iterator[Notice]:
    """A request that the source passes on to the guest's process: it is over at once."""
    yield Notice(f"{_LIVE}_{name}.start", by_source=True)
    yield Notice(f"{_LIVE}_{name}.end", by_source=True)
