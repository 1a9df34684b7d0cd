"""What operators' webhooks are told, in the form of CloudEvents 1.0."""

from collections.abc import Collection
from fnmatch import fnmatchcase
from typing import NamedTuple

from hostdown.domain.deliveries import DIRECTORY, Event
from hostdown.domain.severity import Severity, severity

PREFIX = "hostdown."
"""Begins the type of every event that leaves us in this form."""


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


def _any(text: str, patterns: Collection[str]) -> bool:
    return any(fnmatchcase(text, each) for each in patterns)


def cloud_event(event: Event) -> dict[str, object]:
    """In the structured JSON form; `severity` and `requestid` are extensions (CloudEvents 1.0)."""
    where = "directory" if event.source == DIRECTORY else f"cells/{event.source}"
    return {
        "specversion": "1.0",
        "id": event.id,
        "source": f"/hostdown/{where}",
        "type": f"{PREFIX}{event.type}",
        "subject": event.subject,
        "time": f"{event.at.isoformat(timespec='microseconds')}Z",
        "datacontenttype": "application/json",
        "severity": severity(event.type).name.lower(),
        "requestid": event.request_id,
        "data": dict(event.payload),
    }
