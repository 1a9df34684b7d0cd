"""What happened to alarms."""

from hostdown.api.alarm import filters, lists
from hostdown.api.alarm.alarms import scope
from hostdown.api.alarm.calls import PREFIX, Call
from hostdown.api.alarm.documents import change_document
from hostdown.api.alarm.fields import CHANGE
from hostdown.api.tabled import Reply
from hostdown.services import alarm_lists

FIELDS = ("event_id", "type", "severity", "user_id", "user", "project_id", "project", "timestamp")
"""What the history of an alarm may be narrowed down by."""


def of_alarm(call: Call) -> Reply:
    """GET /v2/alarms/ID/history."""
    seen = call.alarm(f"{PREFIX}alarm_history")
    tests = lists.tests(lists.conditions(call.query), CHANGE, FIELDS)
    wanted = lists.listing(call.query, CHANGE, tests)
    found = alarm_lists.history(call.parts.directory, call.asker, seen.id, wanted)
    return Reply(document=[change_document(each) for each in found])


def query(call: Call) -> Reply:
    """POST /v2/query/alarms/history: by conditions put together at will."""
    call.require(f"{PREFIX}query_alarm_history")
    wanted = filters.listing(call.body(), CHANGE, scope(call, ("on_behalf_of",)))
    found = alarm_lists.histories(call.parts.directory, scope(call, ()).project_id, wanted)
    return Reply(document=[change_document(each) for each in found])
