"""Alarms and their history as clients see them."""

from hostdown.domain.alarm_telling import shown_alarm
from hostdown.domain.alarms import Alarm, AlarmChange

Document = dict[str, object]

CAPABILITIES: Document = {
    "api": {
        "alarms:history:query:complex": True,
        "alarms:history:query:simple": True,
        "alarms:query:complex": True,
        "alarms:query:simple": True,
    },
    "alarm_storage": {"storage:production_ready": True},
}
"""All that Aodh's can."""


def alarm_document(alarm: Alarm) -> Document:
    """One alarm. An event alarm is evaluated when it fires."""
    shown = shown_alarm(alarm)
    shown["event_rule"] = shown.pop("rule")
    return {**shown, "evaluate_timestamp": alarm.state_at.isoformat()}


def change_document(change: AlarmChange) -> Document:
    """One line of a history."""
    return {
        "event_id": change.id,
        "alarm_id": change.alarm_id,
        "type": change.type.value,
        "detail": change.detail,
        "user_id": change.user_id,
        "project_id": change.project_id,
        "on_behalf_of": change.on_behalf_of,
        "timestamp": change.at.isoformat(),
    }


def quota_document(project_id: str, alarms: int) -> Document:
    """How many alarms a project may have; -1 is as many as it wants."""
    return {"project_id": project_id, "quotas": [{"resource": "alarms", "limit": alarms}]}


def versions(base: str) -> Document:
    """The one version there is; `base` is this API's address."""
    media_type = "application/vnd.openstack.telemetry-v2+json"
    return {
        "versions": {
            "values": [
                {
                    "id": "v2",
                    "links": [
                        {"href": f"{base}/v2", "rel": "self"},
                        {
                            "href": "https://docs.openstack.org/",
                            "rel": "describedby",
                            "type": "text/html",
                        },
                    ],
                    "media-types": [{"base": "application/json", "type": media_type}],
                    "status": "stable",
                    "updated": "2013-02-13T00:00:00Z",
                }
            ]
        }
    }
