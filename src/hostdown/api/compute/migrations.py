"""os-migrations: the moves of servers (contract 4.8)."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from hostdown.api.compute import ids, types
from hostdown.api.compute.call import Call
from hostdown.api.compute.fields import Field, Param, Query, Record, views
from hostdown.api.compute.list_errors import ChangesReversed
from hostdown.api.compute.microversion import Version
from hostdown.api.compute.paging import next_links, page_size
from hostdown.api.compute.route import Answer, Route
from hostdown.api.compute.types import LIMIT, QUERY_TEXT, QUERY_TIME, TEXT, UUID, Schema, moment
from hostdown.domain.migration import LIVE_IN_PROGRESS, Migration, MigrationType
from hostdown.services import migrations
from hostdown.services.migration_ports import MigrationQuery

LINKS_SINCE = Version(2, 23)
PAGES_SINCE = Version(2, 59)
BEFORE_SINCE = Version(2, 66)
OWNERS_SINCE = Version(2, 80)

# --------------------------------------------------------------------------------------- fields


class Seen(NamedTuple):
    """What the caller may see."""

    hosts: bool


def host_field(name: str, attribute: str) -> Field[Migration, Seen]:
    """Where the server comes from or goes to, if the caller may see that; else null."""

    def value(of: Migration, hosts: bool) -> object:
        return getattr(of, attribute) if hosts else None

    return Field(name, value, given="hosts", schema=types.STRING_OR_NULL)


def time_field(name: str) -> Field[Migration, Seen]:
    """When it was made, or changed."""
    return Field(name, lambda of: types.shown(getattr(of, name)), schema=types.TIME_OR_NULL)


def _flavor(attribute: str) -> Callable[[Migration], object]:
    def value(of: Migration) -> object:
        flavor = getattr(of, attribute)
        return None if flavor is None else flavor.id

    return value


_NUMBER_OR_NULL: Schema = {"type": ["integer", "null"]}

FIELDS: tuple[Field[Migration, Seen], ...] = (
    Field("id", "id", schema=types.INTEGER),
    Field("uuid", "uuid", since=PAGES_SINCE, schema=UUID),
    host_field("source_compute", "source_host"),
    host_field("dest_compute", "dest_host"),
    host_field("source_node", "source_node"),
    host_field("dest_node", "dest_node"),
    host_field("dest_host", "dest_ip"),
    Field("old_instance_type_id", _flavor("old_flavor"), schema=_NUMBER_OR_NULL),
    Field("new_instance_type_id", _flavor("new_flavor"), schema=_NUMBER_OR_NULL),
    Field("instance_uuid", "instance", schema=UUID),
    Field("status", "status.value", schema=types.STRING),
    Field(
        "migration_type",
        "type.value",
        since=LINKS_SINCE,
        schema={"enum": [each.value for each in MigrationType]},
    ),
    Field("user_id", "user_id", since=OWNERS_SINCE, schema=types.STRING),
    Field("project_id", "project_id", since=OWNERS_SINCE, schema=types.STRING_OR_NULL),
    time_field("created_at"),
    time_field("updated_at"),
)
_LINKS: tuple[Field[Migration, Seen], ...] = (
    Field("links", lambda _: [], since=LINKS_SINCE, schema=types.LINKS),
)
"""For documents: the links of those that have any are made by `_links`."""

VIEWS = views(FIELDS)


def _links(call: Call, of: Migration) -> list[dict[str, str]]:
    """Where a live migration in progress is found under its server (contract 4.7)."""
    path = f"/servers/{of.instance}/migrations/{of.id}"
    return [
        {"rel": "self", "href": call.address.self_link(path)},
        {"rel": "bookmark", "href": call.address.bookmark(path)},
    ]


# -------------------------------------------------------------------------------------- handler

_RULE = "os_compute_api:os-migrations:index"
_ALL_RULE = f"{_RULE}:all_projects"
_HOST_RULE = f"{_RULE}:host"


def index(call: Call) -> object:
    """GET /os-migrations. Whoever does not ask for their own project's asks for everybody's."""
    call.authorize()
    project = call.given("project_id")
    if project is None or project != call.caller.project_id:
        call.require(_ALL_RULE)
    seen = Seen(hosts=call.may(_HOST_RULE))
    query = _query(call)
    found = migrations.list_migrations(call.parts.cells, query) if _is_visible(call) else []
    records = VIEWS[call.version](found, seen)
    if call.version >= LINKS_SINCE:
        for record, each in zip(records, found, strict=True):
            if each.type is MigrationType.LIVE and each.status in LIVE_IN_PROGRESS:
                record["links"] = _links(call, each)
    answer: Record = {"migrations": records}
    if call.version >= PAGES_SINCE and found:
        links = next_links(call, len(found), found[-1].uuid)
        if links:
            answer["migrations_links"] = links
    return answer


def _query(call: Call) -> MigrationQuery:
    """What was asked for. Raises ChangesReversed, MarkerMissing."""
    since, before = _moment(call, "changes-since"), _moment(call, "changes-before")
    if since is not None and before is not None and since > before:
        raise ChangesReversed
    host, marker = call.given("host"), call.given("marker")
    given = {column: call.given(name) for name, column in _EQUAL.items()}
    if host is not None:
        del given["source_host"]  # who names a host names either end (contract 4.8)
    server = given["instance_uuid"]
    if server is not None and types.is_uuid(server):
        given["instance_uuid"] = ids.uuid(server)  # however it is written (contract 10.4, edge 54)
    after = None if marker is None else migrations.marked(call.parts.cells, ids.uuid(marker))
    in_pages = call.version >= PAGES_SINCE
    return MigrationQuery(
        equal=[(column, [value]) for column, value in given.items() if value is not None],
        host=host,
        changed_since=since,
        changed_before=before,
        after=after,
        limit=page_size(call) if in_pages else None,
        oldest_first=not in_pages,
    )


_EQUAL = {
    "source_compute": "source_host",
    "instance_uuid": "instance_uuid",
    "status": "status",
    "migration_type": "type",
    "user_id": "user_id",
    "project_id": "project_id",
}
"""Filters that match exactly, with the columns that they are about."""


def _is_visible(call: Call) -> bool:
    """Migrations that are hidden are never shown, so who asks for those asks for nothing."""
    return types.word_truth(call.given("hidden") or "") is not True


def _moment(call: Call, name: str) -> datetime | None:
    text = call.given(name)
    return None if text is None else moment(text)


# ---------------------------------------------------------------------------------------- route


def _loose(name: str) -> Param:
    return Param(name, QUERY_TEXT, until=Version(2, 58))


def _strict(name: str, schema: Schema = QUERY_TEXT, since: Version = PAGES_SINCE) -> Param:
    return Param(name, schema, single=True, since=since)


_TEXTS = ("hidden", "host", "source_compute", "status", "migration_type")

LIST_QUERY = Query(
    (
        *map(_loose, (*_TEXTS, "instance_uuid")),
        *map(_strict, _TEXTS),
        _strict("instance_uuid", UUID),
        _strict("limit", LIMIT),
        _strict("marker", UUID),
        _strict("changes-since", QUERY_TIME),
        _strict("changes-before", QUERY_TIME, since=BEFORE_SINCE),
        _strict("user_id", TEXT, since=OWNERS_SINCE),
        _strict("project_id", TEXT, since=OWNERS_SINCE),
    ),
    closed_since=PAGES_SINCE,
)

ROUTES = (
    Route(
        "GET",
        "/os-migrations",
        index,
        _RULE,
        query=LIST_QUERY,
        more_rules=(_ALL_RULE, _HOST_RULE),
        answer=Answer(
            "migrations",
            (*FIELDS, *_LINKS),
            many=True,
            beside=("migrations_links",),
            always=tuple(field.name for field in FIELDS),
        ),
        note=f"Without `project_id` of the caller's own project, `{_ALL_RULE}` is asked as well. "
        f"Hosts are null for whoever `{_HOST_RULE}` does not allow. `links` are those of live "
        "migrations in progress.",
    ),
)
