"""Lists of alarms and of what happened to them, and how many alarms projects may have.

Filters, order and pages are made here of what is in the asker's sight, so that they mean the same
on every database; what is in sight is bounded.
"""

from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

from hostdown.domain.alarms import Alarm, AlarmChange
from hostdown.services import paging
from hostdown.services.alarms import Asker, Limits, found
from hostdown.services.directory_ports import Directory, DirectoryRows

LISTED_MAX = 10_000
"""Records in one answer, whatever is asked for."""
SEARCHED_MAX = 10_000
"""Lines of histories that a search looks at, the newest."""

T = TypeVar("T", Alarm, AlarmChange)


class Listing(NamedTuple, Generic[T]):
    """Which records, in which order, from where on; `order` has fields and whether they descend."""

    includes: Callable[[T], bool] = lambda _: True
    order: Sequence[tuple[str, bool]] = ()
    limit: int = LISTED_MAX
    marker: str | None = None


def alarms(directory: Directory, project_id: str | None, wanted: Listing[Alarm]) -> list[Alarm]:
    """Those of a project, or of all; the last one that was changed first, if no order is wanted.

    Raises MarkerNotFound.
    """
    seen = directory.read(lambda rows: rows.alarms.all(project_id))
    seen.sort(key=lambda each: each.id)
    seen.sort(key=lambda each: each.changed_at, reverse=True)
    return _page(seen, wanted)


def history(
    directory: Directory, asker: Asker, alarm_id: str, wanted: Listing[AlarmChange]
) -> list[AlarmChange]:
    """What happened to an alarm, the newest first if no order is wanted.

    Of the time when it was another project's, only administrators are told. Raises MarkerNotFound,
    and as `alarms.find`.
    """

    def work(rows: DirectoryRows) -> list[AlarmChange]:
        found(rows, asker, alarm_id)
        return rows.alarm_changes.of(alarm_id)

    seen = directory.read(work)
    own = [each for each in seen if asker.is_admin or each.on_behalf_of == asker.project_id]
    return _page(own, wanted)


def histories(
    directory: Directory, project_id: str | None, wanted: Listing[AlarmChange]
) -> list[AlarmChange]:
    """What happened to all alarms of a project, or of all; as `history`."""
    return _page(
        directory.read(lambda rows: rows.alarm_changes.newest(project_id, SEARCHED_MAX)), wanted
    )


def _page(seen: list[T], wanted: Listing[T]) -> list[T]:
    kept = [each for each in seen if wanted.includes(each)]
    paging.sort(kept, wanted.order)
    rest = paging.behind(kept, lambda each: each.id, wanted.marker)
    return list(rest[: min(wanted.limit, LISTED_MAX)])


def quota(directory: Directory, project_id: str, limits: Limits) -> int:
    """How many alarms a project may have."""
    own = directory.read(lambda rows: rows.alarm_quotas.get(project_id))
    return limits.project if own is None else own


def set_quota(directory: Directory, project_id: str, alarms: int) -> None:
    """Let a project have another number than all others."""
    directory.write(lambda rows: rows.alarm_quotas.put(project_id, alarms))


def drop_quota(directory: Directory, project_id: str) -> None:
    """Let a project have as many as all others."""
    directory.write(lambda rows: rows.alarm_quotas.remove(project_id))
