"""/v2/alarms: make, list, show, change and delete alarms, and say what state one is in."""

from hostdown.api.alarm import bodies, filters, lists
from hostdown.api.alarm.calls import PREFIX, Call
from hostdown.api.alarm.documents import alarm_document
from hostdown.api.alarm.fields import ALARM
from hostdown.api.alarm.filters import Scope
from hostdown.api.alarm.lists import ALARM_FIELDS, ALL_PROJECTS, Condition
from hostdown.api.rights import IS_ADMIN
from hostdown.api.tabled import Reply
from hostdown.domain.alarm_errors import AlarmMalformed, OwnerNotAuthorized
from hostdown.domain.alarm_matching import boolean
from hostdown.services import alarm_lists, alarms


def list_alarms(call: Call) -> Reply:
    """GET: those of the caller's project; of another, or of all, for administrators."""
    call.require(f"{PREFIX}get_alarms")
    asked = lists.conditions(call.query)
    lists.check_equal(asked)
    project_id = _project(call, asked)
    narrowed = [each for each in asked if each.field != ALL_PROJECTS]
    tests = lists.tests(narrowed, ALARM, ALARM_FIELDS)
    wanted = lists.listing(call.query, ALARM, tests)
    found = alarm_lists.alarms(call.parts.directory, project_id, wanted)
    return Reply(document=[alarm_document(each) for each in found])


def _project(call: Call, asked: list[Condition]) -> str | None:
    """Whose alarms are looked at, None for everybody's."""
    values = {each.field: each.value for each in asked}
    if _is_true(values.get(ALL_PROJECTS, "false")):
        call.require(f"{PREFIX}get_alarms:all_projects")
        return None
    own = call.caller.project_id or ""
    wanted = values.get("project_id", own)
    if wanted != own and not call.may(IS_ADMIN):
        raise OwnerNotAuthorized(aspect="project", owner=wanted)
    return wanted


def _is_true(text: str) -> bool:
    try:
        return boolean(text)
    except ValueError:
        reason = f"Unable to convert the value {text} to the expected data type boolean."
        raise AlarmMalformed(reason=reason) from None


def query(call: Call) -> Reply:
    """POST /v2/query/alarms: by conditions put together at will."""
    call.require(f"{PREFIX}query_alarm")
    wanted = filters.listing(call.body(), ALARM, scope(call, ("project_id", "project")))
    project_id = scope(call, ()).project_id
    found = alarm_lists.alarms(call.parts.directory, project_id, wanted)
    return Reply(document=[alarm_document(each) for each in found])


def scope(call: Call, owners: tuple[str, ...]) -> Scope:
    """What the caller may look at by conditions of its own."""
    asker = call.asker
    return Scope(None if asker.is_admin else asker.project_id or "", owners)


def create(call: Call) -> Reply:
    """POST: one."""
    call.require(f"{PREFIX}create_alarm")
    parts, asker = call.parts, call.asker
    wanted = bodies.wanted(call.body()).checked(asker, parts.may_reach)
    made = alarms.create(parts.directory, asker, wanted, parts.limits, parts.clock.now())
    return Reply(201, alarm_document(made), {"Location": f"/alarming/v2/alarms/{made.id}"})


def show(call: Call) -> Reply:
    """GET: one."""
    return Reply(document=alarm_document(call.alarm(f"{PREFIX}get_alarm")))


def update(call: Call) -> Reply:
    """PUT: make it what the body says, all of it."""
    seen = call.alarm(f"{PREFIX}change_alarm")
    parts, asker = call.parts, call.asker
    wanted = bodies.wanted(call.body()).checked(asker, parts.may_reach, seen)
    after = alarms.update(parts.directory, asker, seen.id, wanted, parts.clock.now())
    return Reply(document=alarm_document(after))


def delete(call: Call) -> Reply:
    """DELETE: it and its history."""
    seen = call.alarm(f"{PREFIX}delete_alarm")
    alarms.delete(call.parts.directory, call.asker, seen.id, call.parts.clock.now())
    return Reply(204)


def show_state(call: Call) -> Reply:
    """GET state: a text alone."""
    return Reply(document=call.alarm(f"{PREFIX}get_alarm_state").state.value)


def set_state(call: Call) -> Reply:
    """PUT state: a text alone."""
    seen = call.alarm(f"{PREFIX}change_alarm_state")
    parts = call.parts
    state = bodies.state(call.body())
    after = alarms.set_state(parts.directory, call.asker, seen.id, state, parts.clock.now())
    return Reply(document=after.state.value)
