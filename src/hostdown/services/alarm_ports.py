"""What the use cases of alarms need from the directory's database."""

from collections.abc import Collection, Sequence
from typing import NamedTuple, Protocol

from hostdown.domain.alarms import Alarm, AlarmChange


class Counts(NamedTuple):
    """How many alarms there are: in all, of a project, of a user; and of the project for the same
    server, or for no single one."""

    all: int
    project: int
    user: int
    alike: int


class AlarmRows(Protocol):
    """The alarms."""

    def get(self, alarm_id: str) -> Alarm | None: ...
    def all(self, project_id: str | None) -> list[Alarm]:
        """Those of a project, or of all; in no order."""
        ...

    def counts(self, project_id: str, user_id: str, server: str) -> Counts: ...
    def add(self, alarm: Alarm) -> None: ...
    def replace(self, seen: Alarm, after: Alarm) -> bool:
        """Write `after` over `seen`; False if it was changed, or is not there."""
        ...

    def remove(self, alarm_id: str) -> None: ...


class WatchedAlarmRows(Protocol):
    """The alarms that events may set off."""

    def of(self, wanted: Collection[tuple[str, str]]) -> list[Alarm]:
        """Those that are enabled of projects, each with a server that they wait for; "" for those
        that wait for no single one."""
        ...

    def fired(self, fired: Sequence[tuple[Alarm, Alarm]]) -> None:
        """Write the second of each pair over the first, but where somebody has changed it."""
        ...


class AlarmChangeRows(Protocol):
    """The history of alarms."""

    def add(self, changes: Sequence[AlarmChange]) -> None:
        """Those whose ids are not there."""
        ...

    def of(self, alarm_id: str) -> list[AlarmChange]:
        """Those of an alarm, the newest first."""
        ...

    def newest(self, project_id: str | None, limit: int) -> list[AlarmChange]:
        """Those of a project's alarms, or of all, the newest first."""
        ...

    def forget(self, places: Sequence[tuple[str, int]]) -> None:
        """Drop those of alarms that have this place or an earlier one."""
        ...

    def bound_deletions(self, project_id: str, most: int) -> None:
        """Drop what tells of deletions in a project, but for the newest `most`."""
        ...


class AlarmQuotaRows(Protocol):
    """How many alarms projects may have that do not have as many as all others."""

    def lock(self) -> None:
        """Wait for whoever makes an alarm, and hold up who wants to, until the end of this."""
        ...

    def get(self, project_id: str) -> int | None: ...
    def put(self, project_id: str, alarms: int) -> None: ...
    def remove(self, project_id: str) -> None: ...
