"""servers/{id}/migrations: the live migrations of a server that are in progress (contract 4.7)."""

from hostdown.api.compute import ids, server_lookup, types
from hostdown.api.compute.call import Call
from hostdown.api.compute.errors import IdNotInteger
from hostdown.api.compute.fields import Field, Param, Query, views
from hostdown.api.compute.microversion import Version
from hostdown.api.compute.migrations import (
    LINKS_SINCE,
    OWNERS_SINCE,
    PAGES_SINCE,
    Seen,
    host_field,
    time_field,
)
from hostdown.api.compute.route import Answer, Route
from hostdown.api.compute.server_actions import asker_of
from hostdown.api.rights import IS_ADMIN
from hostdown.domain.migration import Migration
from hostdown.domain.migration_errors import (
    ForcedMigrationOfOther,
    MigrationNotFound,
    MigrationOfOther,
)
from hostdown.services import live_migrations, migrations
from hostdown.services.live_migrations import ABORTABLE, ABORTABLE_IN_QUEUE
from hostdown.services.server_lookup import Found

_RULES = "os_compute_api:servers:migrations"
_HOST_RULE = f"{_RULES}:index:host"

# --------------------------------------------------------------------------------------- fields


def _bytes(name: str) -> Field[Migration, Seen]:
    """Nothing is known of it before the guest's hypervisor has begun."""

    def value(of: Migration) -> object:
        return (of.progress or {}).get(name)

    return Field(name, value, schema={"type": ["integer", "null"]})


FIELDS: tuple[Field[Migration, Seen], ...] = (
    time_field("created_at"),
    host_field("dest_compute", "dest_host"),
    host_field("dest_host", "dest_ip"),
    host_field("dest_node", "dest_node"),
    *(_bytes(f"disk_{what}_bytes") for what in ("processed", "remaining", "total")),
    Field("id", "id", schema=types.INTEGER),
    *(_bytes(f"memory_{what}_bytes") for what in ("processed", "remaining", "total")),
    Field("server_uuid", "instance", schema=types.UUID),
    host_field("source_compute", "source_host"),
    host_field("source_node", "source_node"),
    Field("status", "status.value", schema=types.STRING),
    time_field("updated_at"),
    Field("uuid", "uuid", since=PAGES_SINCE, schema=types.UUID),
    Field("user_id", "user_id", since=OWNERS_SINCE, schema=types.STRING),
    Field("project_id", "project_id", since=OWNERS_SINCE, schema=types.STRING_OR_NULL),
)
_VIEWS = views(FIELDS)

# ------------------------------------------------------------------------------------- handlers


def _found(call: Call) -> Found:
    found = server_lookup.found(call)
    call.authorize(server_lookup.target_of(found.instance))
    return found


def index(call: Call) -> object:
    """GET …/migrations."""
    found = _found(call)
    seen = Seen(hosts=call.may(_HOST_RULE, server_lookup.target_of(found.instance)))
    moves = migrations.live(found.cell, found.instance.uuid)
    return {"migrations": _VIEWS[call.version](moves, seen)}


def show(call: Call) -> object:
    """GET …/migrations/{id}, for those who may see hosts anyway."""
    found, asked = _found(call), call.names["migration_id"]
    try:
        move = migrations.live_one(found.cell, found.instance.uuid, ids.number(asked))
    except (MigrationNotFound, IdNotInteger):
        raise MigrationNotFound(id=asked, server_id=found.instance.uuid) from None
    (record,) = _VIEWS[call.version]([move], Seen(hosts=True))
    return {"migration": record}


def abort(call: Call) -> None:
    """DELETE …/migrations/{id}: it stays where it is, unless it is too late for that."""
    found = _found(call)
    states = ABORTABLE_IN_QUEUE if call.version >= _QUEUE_SINCE else ABORTABLE
    number = _number(call, found, MigrationOfOther)
    live_migrations.abort(found.cell, found.instance.uuid, number, states, asker_of(call))
    call.parts.look_now()


def force_complete(call: Call) -> None:
    """force_complete: it stands still until it is there."""
    found = _found(call)
    number = _number(call, found, ForcedMigrationOfOther)
    live_migrations.force_complete(found.cell, found.instance.uuid, number, asker_of(call))
    call.parts.look_now()


def _number(call: Call, found: Found, unknown: type[MigrationOfOther]) -> int:
    asked = call.names["migration_id"]
    try:
        return ids.number(asked)
    except IdNotInteger:
        raise unknown(id=asked, server_id=found.instance.uuid) from None


# --------------------------------------------------------------------------------------- routes

_ALL = "/servers/{id}/migrations"
_QUERY = Query((), closed_since=Version(2, 102))
_QUEUE_SINCE = Version(2, 65)
_NAMES = (*ids.BY_UUID, Param("migration_id", types.INTEGER))
FORCE_BODY = types.closed({"force_complete": {"type": "null"}}, ["force_complete"])

ROUTES = (
    Route(
        "GET",
        _ALL,
        index,
        f"{_RULES}:index",
        since=LINKS_SINCE,
        query=_QUERY,
        answer=Answer("migrations", FIELDS, many=True),
        names=ids.BY_UUID,
        more_rules=(IS_ADMIN, _HOST_RULE),
        faults=(404,),
        note=f"Hosts are null for whoever `{_HOST_RULE}` does not allow.",
    ),
    Route(
        "GET",
        f"{_ALL}/{{migration_id}}",
        show,
        f"{_RULES}:show",
        since=LINKS_SINCE,
        query=_QUERY,
        answer=Answer("migration", FIELDS),
        names=_NAMES,
        more_rules=(IS_ADMIN,),
        faults=(404,),
    ),
    Route(
        "DELETE",
        f"{_ALL}/{{migration_id}}",
        abort,
        f"{_RULES}:delete",
        since=Version(2, 24),
        success=202,
        names=_NAMES,
        more_rules=(IS_ADMIN,),
        faults=(404, 409),
        note="While it is running; from 2.65 on also while it is queued or preparing.",
    ),
    Route(
        "POST",
        f"{_ALL}/{{migration_id}}/action",
        force_complete,
        f"{_RULES}:force_complete",
        since=Version(2, 22),
        action="force_complete",
        success=202,
        whole_body=FORCE_BODY,
        names=_NAMES,
        more_rules=(IS_ADMIN,),
        faults=(404, 409),
    ),
)
