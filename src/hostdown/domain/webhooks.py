"""What operators' webhooks are told, in the form of CloudEvents 1.0."""

import re
from collections.abc import Collection
from fnmatch import fnmatchcase
from typing import NamedTuple

from hostdown.domain.deliveries import DIRECTORY, Event
from hostdown.domain.severity import Severity, severity

PREFIX = "hostdown."
"""Begins the type of every event that leaves us in this form."""
FAMILIES = (
    "aggregate", "compute_task", "flavor", "host", "identity", "instance", "recovery",
    "server_group", "service",
)  # fmt: skip
"""What the names of events begin with, up to their first dot."""
_WILD = re.compile(r"\*|\?|\[!?]?[^]]*]")
_PLAIN = re.compile(r"[a-z0-9_.]*")


class Wanted(NamedTuple):
    """Which events somebody wants: each that fits all of it. Patterns are as in a shell; where
    there is none, all fit."""

    events: Collection[str] = ()
    hosts: Collection[str] = ()
    projects: Collection[str] = ()
    least: Severity = Severity.INFO

    def fits(self, event: Event) -> bool:
        """What is about no project, or about no host, fits none of those that are named."""
        project = event.payload.get("tenant_id", event.payload.get("project_id"))
        host = event.payload.get("host")
        return (
            severity(event.type) >= self.least
            and (not self.events or _any(event.type, self.events))
            and (not self.hosts or (isinstance(host, str) and _any(host, self.hosts)))
            and (not self.projects or project in self.projects)
        )


def names_events(pattern: str) -> bool:
    """Whether some event could have a name of this pattern: one that none has is a slip."""
    wild = _WILD.search(pattern)
    begins = pattern if wild is None else pattern[: wild.start()]
    return _PLAIN.fullmatch(_WILD.sub("", pattern)) is not None and any(
        begins.startswith(f"{each}.") or (wild is not None and f"{each}.".startswith(begins))
        for each in FAMILIES
    )


def _any(text: str, patterns: Collection[str]) -> bool:
    return any(fnmatchcase(text, each) for each in patterns)


def cloud_event(event: Event) -> dict[str, object]:
    """In the structured JSON form; `severity` and `requestid` are extensions (CloudEvents 1.0)."""
    where = "directory" if event.source == DIRECTORY else f"cells/{event.source}"
    subject = {"subject": event.subject} if event.subject else {}  # it must not be empty
    return {
        "specversion": "1.0",
        "id": event.id,
        "source": f"/hostdown/{where}",
        "type": f"{PREFIX}{event.type}",
        **subject,
        "time": f"{event.at.isoformat(timespec='microseconds')}Z",
        "datacontenttype": "application/json",
        "severity": severity(event.type).name.lower(),
        "requestid": event.request_id,
        "data": dict(event.payload),
    }
