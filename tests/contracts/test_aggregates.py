"""Aggregates and zones, on every database."""

import pytest
from tests.contracts.aggregate_setting import CALLER, LATER, NOW, made, map_hosts

from hostdown.domain.aggregate_errors import (
    AggregateNameTaken,
    AggregateNotEmpty,
    AggregateNotFound,
    HostAlreadyInAggregate,
    HostInOtherZone,
    HostNotInAggregate,
    HostsInOtherZones,
    ZoneNameMissing,
)
from hostdown.domain.hypervisor_errors import ComputeHostNotFound
from hostdown.domain.zones import ZonePolicy
from hostdown.services import aggregates
from hostdown.services.aggregates import Wanted
from hostdown.services.directory_ports import Directory
from hostdown.services.zone_map import ZoneMap
from hostdown.storage import DatabaseSettings, open_storage
from hostdown.storage.types import ID_MAX


@pytest.fixture
def hosts(directory: Directory) -> list[str]:
    return map_hosts(directory)


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
        with pytest.raises(ComputeHostNotFound):
            aggregates.add_host(directory, CALLER, first.id, name, LATER)
    with pytest.raises(HostAlreadyInAggregate):
        aggregates.add_host(directory, CALLER, first.id, "compute1", LATER)
    with pytest.raises(ComputeHostNotFound):
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


def test_a_refused_zone_leaves_the_name_as_it_was(directory: Directory, hosts: list[str]) -> None:
    made(directory, "a", "z1", "compute1")
    plain = made(directory, "b", None, "compute1")
    wanted = Wanted("new", {"availability_zone": "z2"})
    with pytest.raises(HostsInOtherZones):
        aggregates.update(directory, CALLER, plain.id, wanted, LATER)
    assert aggregates.show(directory, plain.id) == plain


class Counted(str):
    """A host name that counts with how many others it is compared."""

    compared = 0
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        Counted.compared += 1
        return str.__eq__(self, other)


def test_a_change_of_one_host_does_not_compare_every_host_with_every_other(
    directory: Directory,
) -> None:
    aggregate = made(directory, "a")
    many = tuple(Counted(f"compute{number}") for number in range(1000))
    seen = aggregate._replace(hosts=(*many, "gone"))
    after = aggregate._replace(hosts=(*many, "new"))
    Counted.compared = 0
    directory.write(lambda rows: rows.aggregates.replace(seen, after))
    assert Counted.compared < 10 * len(many)
    assert aggregates.show(directory, aggregate.id).hosts == ("new",)


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
