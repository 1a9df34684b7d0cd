"""/v2/quotas: how many alarms projects may have."""

from hostdown.api.alarm import bodies
from hostdown.api.alarm.calls import PREFIX, Call
from hostdown.api.alarm.documents import quota_document
from hostdown.api.tabled import Reply
from hostdown.services import alarm_lists


def show(call: Call) -> Reply:
    """GET: of the caller's project, or of the one that the query or the path names."""
    own = call.caller.project_id or ""
    asked = call.names.get("id") or call.query.get("project_id", [own])[-1] or own
    call.require(f"{PREFIX}get_quotas", {"project_id": asked, "user_id": call.caller.user_id})
    return _shown(call, asked)


def _shown(call: Call, project_id: str, status: int = 200) -> Reply:
    limit = alarm_lists.quota(call.parts.directory, project_id, call.parts.limits)
    return Reply(status, quota_document(project_id, limit))


def change(call: Call) -> Reply:
    """POST: of the project that the body names."""
    call.require(f"{PREFIX}update_quotas")
    project_id, limit = bodies.quotas(call.body())
    if limit is not None:
        alarm_lists.set_quota(call.parts.directory, project_id, limit)
    return _shown(call, project_id, 201)


def reset(call: Call) -> Reply:
    """DELETE: the project has as many as all others from now on."""
    call.require(f"{PREFIX}delete_quotas")
    alarm_lists.drop_quota(call.parts.directory, call.names["id"])
    return Reply(204)
