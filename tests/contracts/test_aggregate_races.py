"""Two who change aggregates at the same moment, each by a server of its own, on every database."""

from collections.abc import Callable, Iterator
from threading import Barrier, Thread

import pytest
from tests.contracts.aggregate_setting import CALLER, NOW, host

from hostdown.domain.aggregate_errors import (
    AggregateNameTaken,
    AggregateNotEmpty,
    AggregateNotFound,
    HostInOtherZone,
    HostsInOtherZones,
)
from hostdown.domain.errors import HostdownError
from hostdown.domain.hypervisor_errors import ComputeHostNotFound
from hostdown.domain.model import Aggregate
from hostdown.domain.zones import ZonePolicy
from hostdown.services import aggregates, compute_services
from hostdown.services.aggregates import Wanted
from hostdown.services.directory_ports import Directory
from hostdown.services.zone_map import ZoneMap
from hostdown.storage import DatabaseSettings, Storage, open_storage

ROUNDS = 8
Act = Callable[[Directory], object]


@pytest.fixture
def servers(settings: DatabaseSettings) -> Iterator[tuple[Storage, Storage]]:
    """Two servers on one database, where compute1 is mapped."""
    opened = open_storage(settings), open_storage(settings)
    try:
        opened[0].directory.write(lambda rows: rows.hosts.add(host("compute1")))
        yield opened
    finally:
        for storage in opened:
            storage.close()


def at_once(servers: tuple[Storage, Storage], *acts: Act) -> list[type[HostdownError] | None]:
    """What each act was refused by, if it was."""
    together = Barrier(len(acts))
    outcomes: dict[int, type[HostdownError] | None] = {}

    def run(number: int, act: Act) -> None:
        together.wait(timeout=30)
        try:
            act(servers[number].directory)
            outcomes[number] = None
        except HostdownError as error:
            outcomes[number] = type(error)

    threads = [Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return [outcomes[number] for number in range(len(acts))]


def create(directory: Directory, name: str, zone: str | None = None) -> Aggregate:
    return aggregates.create(directory, CALLER, name, zone, NOW)


def adding(aggregate: Aggregate) -> Act:
    return lambda directory: aggregates.add_host(directory, CALLER, aggregate.id, "compute1", NOW)


def refused(outcomes: list[type[HostdownError] | None]) -> list[type[HostdownError]]:
    return [each for each in outcomes if each is not None]


def zones_of(directory: Directory, host: str) -> set[str | None]:
    found = aggregates.list_aggregates(directory)
    return {each.zone for each in found if host in each.hosts and each.zone}


def test_a_host_gets_into_one_of_two_zones(servers: tuple[Storage, Storage]) -> None:
    directory = servers[0].directory
    first, second = create(directory, "a", "z1"), create(directory, "b", "z2")
    for _ in range(ROUNDS):
        assert refused(at_once(servers, adding(first), adding(second))) == [HostInOtherZone]
        (zone,) = zones_of(directory, "compute1")
        assert ZoneMap(directory, ZonePolicy()).current().of_hosts == {"compute1": zone}
        winner = first if zone == "z1" else second
        aggregates.remove_host(directory, CALLER, winner.id, "compute1", NOW)


def test_an_aggregate_becomes_a_zone_or_gets_a_host_of_another(
    servers: tuple[Storage, Storage],
) -> None:
    directory = servers[0].directory
    adding(create(directory, "a", "z1"))(directory)
    for number in range(ROUNDS):
        plain = create(directory, f"plain {number}")
        wanted = Wanted(None, {"availability_zone": "z2"})

        def zoning(directory: Directory, number: int = plain.id, wanted: Wanted = wanted) -> None:
            aggregates.update(directory, CALLER, number, wanted, NOW)

        (refusal,) = refused(at_once(servers, adding(plain), zoning))
        assert refusal in (HostInOtherZone, HostsInOtherZones)
        assert zones_of(directory, "compute1") == {"z1"}


def test_one_of_two_gets_a_name(servers: tuple[Storage, Storage]) -> None:
    for number in range(ROUNDS):
        name = f"a{number}"

        def creating(directory: Directory, name: str = name) -> None:
            create(directory, name)

        assert refused(at_once(servers, creating, creating)) == [AggregateNameTaken]
    assert len(aggregates.list_aggregates(servers[0].directory)) == ROUNDS


def test_the_first_two_ever_both_get_theirs(servers: tuple[Storage, Storage]) -> None:
    outcomes = at_once(servers, lambda d: create(d, "a"), lambda d: create(d, "b"))
    assert outcomes == [None, None]
    assert len(aggregates.list_aggregates(servers[0].directory)) == 2
    assert servers[0].directory.read(lambda rows: rows.zones.revision()) == 2


def test_no_host_gets_into_a_deleted_aggregate(servers: tuple[Storage, Storage]) -> None:
    directory = servers[0].directory
    for number in range(ROUNDS):
        aggregate = create(directory, f"a{number}", "z1")

        def deleting(directory: Directory, number: int = aggregate.id) -> None:
            aggregates.delete(directory, CALLER, number, NOW)

        (refusal,) = refused(at_once(servers, adding(aggregate), deleting))
        assert refusal in (AggregateNotFound, AggregateNotEmpty)
        is_there = refusal is AggregateNotEmpty
        assert zones_of(directory, "compute1") == ({"z1"} if is_there else set())
        mapped = ZoneMap(directory, ZonePolicy()).current().of_hosts
        assert mapped == ({"compute1": "z1"} if is_there else {})
        if is_there:
            aggregates.remove_host(directory, CALLER, aggregate.id, "compute1", NOW)


def test_no_deleted_host_stays_in_an_aggregate(servers: tuple[Storage, Storage]) -> None:
    directory, cell = servers[0].directory, servers[0].cells.all()[0]
    service = cell.write(lambda rows: rows.services.create("compute1", "nova-compute", NOW, None))
    aggregate = create(directory, "a", "z1")

    def deleting(directory: Directory) -> None:
        compute_services.delete(servers[1].cells, directory, CALLER, service.uuid, NOW)

    assert at_once(servers, adding(aggregate), deleting)[0] in (None, ComputeHostNotFound)
    assert aggregates.show(directory, aggregate.id).hosts == ()
    assert ZoneMap(directory, ZonePolicy()).current().of_hosts == {}


def test_a_look_beside_changes_is_never_of_the_past(servers: tuple[Storage, Storage]) -> None:
    writer, reader = servers[0].directory, servers[1].directory
    aggregate = create(writer, "a", "z1")
    adding(aggregate)(writer)
    zones = ZoneMap(reader, ZonePolicy())
    for number in range(ROUNDS * 4):
        wanted = Wanted(None, {"availability_zone": f"z{number}"})
        aggregates.update(writer, CALLER, aggregate.id, wanted, NOW)
        looks: list[str] = []
        threads = [
            Thread(target=lambda: looks.append(zones.current().of_hosts["compute1"]))  # noqa: B023 - joined in this round
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
        assert looks == [f"z{number}"] * 4
