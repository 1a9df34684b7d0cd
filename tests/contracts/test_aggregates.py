"""Aggregates and zones, on every database."""

import json
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select
from tests.contracts.databases import run

from hostdown.domain.aggregate_errors import (
    AggregateNameTaken,
    AggregateNotEmpty,
    AggregateNotFound,
    HostAlreadyInAggregate,
    HostInOtherZone,
    HostNotInAggregate,
    HostsInOtherZones,
    HostToAddNotFound,
    ZoneNameMissing,
)
from hostdown.domain.model import Aggregate, Caller, HostRecord
from hostdown.domain.zones import ZonePolicy
from hostdown.services import aggregates, compute_services
from hostdown.services.aggregates import Wanted
from hostdown.services.directory_ports import Directory
from hostdown.services.zone_map import ZoneMap
from hostdown.storage import DatabaseSettings, Storage, open_storage
from hostdown.storage.directory_tables import directory_changes, directory_outbox
from hostdown.storage.types import ID_MAX

NOW = datetime(2026, 3, 1, 12, 0, 0, 5)
LATER = NOW + timedelta(seconds=1)
CALLER = Caller("u1", "admin", "p1", ("admin",), "req-1", "req-2")


def host(name: str) -> HostRecord:
    return HostRecord(str(uuid4()), name, "cell1", b"s" * 32, "m", "b", 1, 1, "1", NOW, None)


@pytest.fixture
def hosts(directory: Directory) -> list[str]:
    names = ["compute1", "compute2", "compute3"]
    for name in names:
        directory.write(lambda rows, n=name: rows.hosts.add(host(n)))
    return names


def made(directory: Directory, name: str, zone: str | None = None, *members: str) -> Aggregate:
    """An aggregate with these hosts."""
    aggregate = aggregates.create(directory, CALLER, name, zone, NOW)
    for member in members:
        aggregate = aggregates.add_host(directory, CALLER, aggregate.id, member, NOW)
    return aggregate


def journal(
    settings: DatabaseSettings,
) -> tuple[list[tuple[object, ...]], list[tuple[str, object]]]:
    """What was recorded: (subject, event, before, after), and what is told: (event, payload)."""
    c, o = directory_changes.c, directory_outbox.c
    rows = run(
        settings.directory_url,
        select(c.subject, c.event_type, c.before, c.after, c.request_id).order_by(c.id),
    )
    told = run(settings.directory_url, select(o.event_type, o.payload).order_by(o.id))
    recorded = [(s, e, json.loads(str(b)), json.loads(str(a))) for s, e, b, a, _ in rows]
    return recorded, [(str(event), json.loads(str(payload))) for event, payload in told]


def test_an_aggregate_comes_back_as_it_was_made(directory: Directory, hosts: list[str]) -> None:
    assert aggregates.list_aggregates(directory) == []
    first = made(directory, "Zürich 1", "z", *reversed(hosts))
    second = made(directory, "zürich 1")
    assert first.hosts == tuple(reversed(hosts))
    assert (first.metadata, first.created_at, first.updated_at) == (
        {"availability_zone": "z"},
        NOW,
        None,
    )
    assert second.id > first.id
    assert aggregates.list_aggregates(directory) == [first, second]
    assert aggregates.show(directory, first.id) == first
    assert aggregates.show(directory, second.id) == second


@pytest.mark.parametrize("number", [0, -1, 10**6, ID_MAX, -ID_MAX, ID_MAX + 1, 10**30])
def test_no_other_number_is_an_aggregate(directory: Directory, number: int) -> None:
    with pytest.raises(AggregateNotFound):
        aggregates.show(directory, number)


def test_a_number_is_never_given_again(directory: Directory) -> None:
    first = made(directory, "a")
    aggregates.delete(directory, CALLER, first.id, NOW)
    assert made(directory, "a").id > first.id


def test_names_are_taken_exactly(directory: Directory) -> None:
    first = made(directory, "name")
    made(directory, "Name")
    other = made(directory, "other")
    with pytest.raises(AggregateNameTaken, match=r"Aggregate name already exists\."):
        made(directory, "name")
    with pytest.raises(AggregateNameTaken):
        aggregates.update(directory, CALLER, other.id, Wanted("name", {}), LATER)
    assert aggregates.update(directory, CALLER, first.id, Wanted("name", {}), LATER) == first
    assert aggregates.show(directory, other.id) == other


def test_metadata_merge_and_null_takes_away(directory: Directory) -> None:
    first = made(directory, "a", "z")
    wanted = Wanted(None, {"b": "2", "a": "", "none": None})
    after = aggregates.update(directory, CALLER, first.id, wanted, LATER)
    assert after.metadata == {"availability_zone": "z", "a": "", "b": "2"}
    assert after.updated_at == LATER
    assert aggregates.show(directory, first.id) == after
    assert list(aggregates.show(directory, first.id).metadata) == ["a", "availability_zone", "b"]
    wanted = Wanted("c", {"a": None, "b": "3"})
    after = aggregates.update(directory, CALLER, first.id, wanted, LATER)
    assert (after.name, dict(after.metadata)) == ("c", {"availability_zone": "z", "b": "3"})
    assert aggregates.list_aggregates(directory) == [after]


@pytest.mark.parametrize("zone", ["", None])
def test_a_zone_keeps_a_name(directory: Directory, zone: str | None) -> None:
    first = made(directory, "a", "z")
    wanted = Wanted(None, {"availability_zone": zone}, "update metadata of aggregate")
    with pytest.raises(ZoneNameMissing) as raised:
        aggregates.update(directory, CALLER, first.id, wanted, LATER)
    assert raised.value.message == (
        f"Cannot update metadata of aggregate {first.id}. Reason: Aggregate a does not support "
        "empty named availability zone."
    )


def test_hosts_are_added_by_exact_name_once(directory: Directory, hosts: list[str]) -> None:
    first = made(directory, "a", None, "compute1")
    assert first.updated_at is None
    for name in ("COMPUTE1", "compute1 ", "compute9", "a\0"):
        with pytest.raises(HostToAddNotFound):
            aggregates.add_host(directory, CALLER, first.id, name, LATER)
    with pytest.raises(HostAlreadyInAggregate):
        aggregates.add_host(directory, CALLER, first.id, "compute1", LATER)
    with pytest.raises(HostToAddNotFound):
        aggregates.add_host(directory, CALLER, 10**6, "nobody", LATER)
    with pytest.raises(AggregateNotFound):
        aggregates.add_host(directory, CALLER, 10**6, "compute1", LATER)
    assert aggregates.show(directory, first.id) == first


def test_hosts_are_removed(directory: Directory, hosts: list[str]) -> None:
    first = made(directory, "a", None, *hosts)
    after = aggregates.remove_host(directory, CALLER, first.id, "compute2", LATER)
    assert after.hosts == ("compute1", "compute3")
    assert after.updated_at is None
    assert aggregates.show(directory, first.id) == after
    for number, name in ((first.id, "compute2"), (first.id, "a\0"), (10**6, "compute1")):
        with pytest.raises(HostNotInAggregate):
            aggregates.remove_host(directory, CALLER, number, name, LATER)


def test_only_an_empty_aggregate_is_deleted(directory: Directory, hosts: list[str]) -> None:
    first = made(directory, "a", "z", "compute1")
    with pytest.raises(AggregateNotEmpty):
        aggregates.delete(directory, CALLER, first.id, LATER)
    aggregates.remove_host(directory, CALLER, first.id, "compute1", LATER)
    aggregates.delete(directory, CALLER, first.id, LATER)
    assert aggregates.list_aggregates(directory) == []
    with pytest.raises(AggregateNotFound):
        aggregates.delete(directory, CALLER, first.id, LATER)


def test_a_host_is_in_one_zone(directory: Directory, hosts: list[str]) -> None:
    made(directory, "a", "z1", "compute1")
    other = made(directory, "b", "z2", "compute2")
    none = made(directory, "c", None, "compute1", "compute2")
    same = made(directory, "d", "z1", "compute1")
    with pytest.raises(HostInOtherZone, match=r"\['z1'\]\.$"):
        aggregates.add_host(directory, CALLER, other.id, "compute1", LATER)
    wanted = Wanted("new", {"availability_zone": "z3"})
    with pytest.raises(HostsInOtherZones, match=r"zone\(s\) \['z1', 'z2'\]\.$"):
        aggregates.update(directory, CALLER, none.id, wanted, LATER)
    with pytest.raises(HostsInOtherZones):
        aggregates.update(directory, CALLER, same.id, wanted, LATER)
    assert aggregates.show(directory, none.id) == none
    assert aggregates.update(directory, CALLER, other.id, wanted, LATER).zone == "z3"


def test_the_zone_map_is_current_at_every_look(
    directory: Directory, settings: DatabaseSettings, hosts: list[str]
) -> None:
    other_server = open_storage(settings)
    try:
        zones = ZoneMap(other_server.directory, ZonePolicy())
        assert zones.current().of_hosts == {}
        first = made(directory, "a", "z1", "compute1")
        assert zones.current().of_hosts == {"compute1": "z1"}
        assert zones.current() is zones.current()
        made(directory, "b", None, "compute2")
        assert zones.current().of_hosts == {"compute1": "z1"}
        wanted = Wanted(None, {"availability_zone": "z2"})
        aggregates.update(directory, CALLER, first.id, wanted, LATER)
        assert zones.current().of_hosts == {"compute1": "z2"}
        aggregates.add_host(directory, CALLER, first.id, "compute3", LATER)
        assert zones.current().of_hosts == {"compute1": "z2", "compute3": "z2"}
        aggregates.remove_host(directory, CALLER, first.id, "compute1", LATER)
        aggregates.remove_host(directory, CALLER, first.id, "compute3", LATER)
        assert zones.current().of_hosts == {}
    finally:
        other_server.close()


def test_every_change_is_recorded_and_told(
    directory: Directory, settings: DatabaseSettings, hosts: list[str]
) -> None:
    first = made(directory, "a", "z", "compute1")
    wanted = Wanted("b", {"availability_zone": "y", "k": "v"})
    aggregates.update(directory, CALLER, first.id, wanted, LATER)
    aggregates.remove_host(directory, CALLER, first.id, "compute1", LATER)
    aggregates.delete(directory, CALLER, first.id, LATER)
    recorded, told = journal(settings)
    z, y = {"availability_zone": "z"}, {"availability_zone": "y", "k": "v"}
    assert recorded == [
        (first.uuid, "aggregate.create", {}, {"name": "a", "metadata": z}),
        (first.uuid, "aggregate.add_host", {}, {"host": "compute1"}),
        (first.uuid, "aggregate.update_prop", {"name": "a"}, {"name": "b"}),
        (first.uuid, "aggregate.update_metadata", z, y),
        (first.uuid, "aggregate.remove_host", {"host": "compute1"}, {}),
        (first.uuid, "aggregate.delete", {"name": "b", "metadata": y}, {}),
    ]
    one = {"id": first.id, "uuid": first.uuid, "name": "a", "hosts": [], "metadata": z}
    on = {**one, "hosts": ["compute1"]}
    assert told == [
        ("aggregate.create.start", {**one, "id": None, "hosts": None}),
        ("aggregate.create.end", one),
        ("aggregate.add_host.start", one),
        ("aggregate.add_host.end", on),
        ("aggregate.update_prop.start", {**on, "name": "b"}),
        ("aggregate.update_prop.end", {**on, "name": "b"}),
        ("aggregate.update_metadata.start", {**on, "name": "b"}),
        ("aggregate.update_metadata.end", {**on, "name": "b", "metadata": y}),
        ("aggregate.remove_host.start", {**on, "name": "b", "metadata": y}),
        ("aggregate.remove_host.end", {**one, "name": "b", "metadata": y}),
        ("aggregate.delete.start", {**one, "name": "b", "metadata": y}),
        ("aggregate.delete.end", {**one, "name": "b", "metadata": y}),
    ]


def test_what_changes_nothing_or_is_refused_leaves_no_trace(
    directory: Directory, settings: DatabaseSettings, hosts: list[str]
) -> None:
    first = made(directory, "a", "z", "compute1")
    before, revision = journal(settings), directory.read(lambda rows: rows.zones.revision())
    wanted = Wanted("a", {"availability_zone": "z", "none": None})
    assert aggregates.update(directory, CALLER, first.id, wanted, LATER) == first
    with pytest.raises(HostAlreadyInAggregate):
        aggregates.add_host(directory, CALLER, first.id, "compute1", LATER)
    with pytest.raises(AggregateNameTaken):
        made(directory, "a")
    assert journal(settings) == before
    assert directory.read(lambda rows: rows.zones.revision()) == revision


def test_an_audit_row_says_who(directory: Directory, settings: DatabaseSettings) -> None:
    made(directory, "a")
    c = directory_changes.c
    shown = [c.at, c.user_id, c.user_name, c.project_id, c.roles, c.request_id, c.global_request_id]
    (row,) = run(settings.directory_url, select(*shown))
    assert row == ("2026-03-01 12:00:00.000005", "u1", "admin", "p1", '["admin"]', "req-1", "req-2")


def test_a_deleted_service_leaves_no_host_in_any_aggregate(
    store: Storage, settings: DatabaseSettings, hosts: list[str]
) -> None:
    directory, cell = store.directory, store.cells.all()[0]
    first = made(directory, "a", "z", *hosts)
    second = made(directory, "b", None, "compute1")
    service = cell.write(lambda rows: rows.services.create("compute1", "nova-compute", NOW, None))
    compute_services.delete(store.cells, directory, CALLER, service.uuid, LATER)
    after = aggregates.list_aggregates(directory)
    assert [each.hosts for each in after] == [("compute2", "compute3"), ()]
    assert directory.read(lambda rows: rows.hosts.named("compute1")) is None
    recorded, _ = journal(settings)
    gone = ("aggregate.remove_host", {"host": "compute1"}, {})
    assert recorded[-2:] == [(first.uuid, *gone), (second.uuid, *gone)]
