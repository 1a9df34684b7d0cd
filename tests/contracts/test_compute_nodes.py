"""Compute nodes with their services, on every database."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from hostdown.domain.model import HostRecord, ManagedNode, Resources, Service
from hostdown.services.cell_ports import Cell, Heartbeat
from hostdown.storage import Storage

NOW = datetime(2026, 3, 1, 12, 0, 0, 1)
BOOTED = datetime(2026, 2, 1, 7, 30)
CPU_INFO = '{"model": "EPYC \\u0000 \\"x\\"", "features": ["avx", "é"]}'
RESOURCES = Resources(
    8,
    2**31 - 1,
    100,
    1,
    2,
    3,
    4,
    "QEMU",
    7002000,
    "name",
    "::1",
    CPU_INFO,
    BOOTED,
    "pool-1",
    "locks",
)
EVERYTHING = 2**63 - 1


def add(cell: Cell, host: str, name: str | None = None) -> Service:
    resources = RESOURCES._replace(hypervisor_hostname=host if name is None else name)
    service = cell.write(lambda rows: rows.services.create(host, "nova-compute", NOW, None))
    cell.write(lambda rows: rows.reports.resources(service.id, resources, NOW))
    return service


def page(cell: Cell, after: int = 0, limit: int = EVERYTHING) -> list[ManagedNode]:
    return cell.read(lambda rows: rows.nodes.page(after, limit))


def names(cell: Cell, pattern: str) -> list[str]:
    found = cell.read(lambda rows: rows.nodes.matching(pattern))
    return [each.node.resources.hypervisor_hostname for each in found]


def test_a_node_comes_with_its_service_as_both_are(cell: Cell) -> None:
    made = add(cell, "compute1", "compute1.example.org")
    beat = Heartbeat(made.id, NOW + timedelta(seconds=1), 1)
    cell.write(lambda rows: rows.reports.heartbeats([beat]))
    seen = cell.read(lambda rows: rows.services.get(made.id))
    assert seen is not None
    after = seen._replace(disabled=True, disabled_reason="été", forced_down=True)
    cell.write(lambda rows: rows.services.replace(seen, after))
    (found,) = page(cell)
    assert found.service == after
    assert found.node.resources == RESOURCES._replace(hypervisor_hostname="compute1.example.org")
    assert (found.node.host, found.node.service_id) == ("compute1", made.id)
    assert found.instances == ()


def test_a_host_that_does_not_say_when_it_was_started_has_no_such_time(cell: Cell) -> None:
    service = add(cell, "compute1")
    resources = RESOURCES._replace(booted_at=None)
    cell.write(lambda rows: rows.reports.resources(service.id, resources, NOW))
    assert page(cell)[0].node.resources.booted_at is None


def test_pages_follow_one_another_by_id(cell: Cell) -> None:
    for host in ("b", "a", "d", "c"):
        add(cell, host)
    everything = page(cell)
    assert [each.node.host for each in everything] == ["b", "a", "d", "c"]
    second = everything[1].node.id
    assert page(cell, second, 1) == everything[2:3]
    assert page(cell, second, 2) == page(cell, second) == everything[2:]
    assert page(cell, 0, 0) == page(cell, everything[-1].node.id) == []


def test_a_node_whose_service_is_gone_is_gone(cell: Cell) -> None:
    old = add(cell, "compute1")
    (before,) = page(cell)
    cell.write(lambda rows: rows.services.delete(old, NOW))
    assert page(cell) == []
    assert names(cell, "compute1") == []
    assert cell.read(lambda rows: rows.nodes.get(before.node.uuid)) is None
    assert cell.read(lambda rows: rows.nodes.on_host("compute1")) is None
    add(cell, "compute1")
    assert page(cell)[0].node.uuid != before.node.uuid


@pytest.mark.parametrize("unknown", [0, -1, 2**63, 10**40, "", "1", "no uuid", "\0", "x" * 1000])
def test_a_node_is_got_by_id_and_by_uuid_as_text(cell: Cell, unknown: int | str) -> None:
    add(cell, "compute1")
    (node,) = page(cell)

    def get(key: int | str) -> ManagedNode | None:
        return cell.read(lambda rows: rows.nodes.get(key))

    assert get(node.node.id) == get(node.node.uuid) == node
    assert get(node.node.uuid.upper()) is None
    assert get(unknown) is None


@pytest.mark.parametrize("unknown", ["", "COMPUTE1", "compute1 ", "compute", "\0", "主机"])
def test_a_node_is_found_by_its_hosts_exact_name(cell: Cell, unknown: str) -> None:
    add(cell, "compute1", "elsewhere")
    (node,) = page(cell)
    assert cell.read(lambda rows: rows.nodes.on_host("compute1")) == node
    assert cell.read(lambda rows: rows.nodes.on_host(unknown)) is None


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("rack", ["rack_1.a", "rack%1.a", "rackX1.a"]),
        ("1.a", ["rack_1.a", "rack%1.a", "rackX1.a"]),
        ("rackX1.a", ["rackX1.a"]),
        ("k_1", ["rack_1.a"]),
        ("k%1", ["rack%1.a"]),
        ("%", ["rack%1.a", "100%"]),
        ("_", ["rack_1.a"]),
        ("RACK", ["RACK"]),
        ("\\", ["back\\slash"]),
        ("'", ["it's"]),
        ("é", ["été"]),
        ("e", ["ends "]),
        ("主", ["主机"]),
        ("机主", []),
        (" ", ["ends "]),
        ("\0", []),
        ("x" * 1000, []),
    ],
)
def test_a_pattern_is_a_part_of_the_name_character_for_character(
    cell: Cell, pattern: str, found: list[str]
) -> None:
    all_names = ["rack_1.a", "rack%1.a", "rackX1.a", "RACK", "100%", "back\\slash", "it's"]
    for number, name in enumerate([*all_names, "été", "主机", "ends "]):
        add(cell, f"host{number}", name)
    assert names(cell, pattern) == found


def test_the_hosts_of_a_cell_are_those_that_are_not_deleted(store: Storage) -> None:
    def host(name: str, cell: str) -> HostRecord:
        return HostRecord(str(uuid4()), name, cell, b"s", "m", "b", 1, 1, "1", NOW, deleted_at=None)

    gone, kept, other = host("gone", "cell1"), host("kept", "cell1"), host("other", "cell2")
    for record in (gone, kept, other):
        store.directory.write(lambda rows, r=record: rows.hosts.add(r))
    deleted = gone._replace(deleted_at=NOW)
    assert store.directory.write(lambda rows: rows.hosts.replace(gone, deleted))

    def hosts(cell: str) -> frozenset[str]:
        return store.directory.read(lambda rows: rows.mappings.hosts(cell))

    assert (hosts("cell1"), hosts("cell2"), hosts("nowhere")) == ({"kept"}, {"other"}, set())
