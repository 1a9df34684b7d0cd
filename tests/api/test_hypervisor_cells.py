"""Compute nodes of several cells: one list, in the order of the cells, in pages across them."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import pytest
from tests.api.world import NOW

from hostdown.domain.model import COMPUTE, ComputeNode, ManagedNode, Service
from hostdown.domain.paging_errors import MarkerNotFound
from hostdown.drivers.simulated_hypervisor import SimulatedHypervisor
from hostdown.services import hypervisors

T = TypeVar("T")


def managed(number: int, host: str) -> ManagedNode:
    service = Service(number, f"s-{host}", host, COMPUTE, False, None, False, NOW, NOW)
    resources = SimulatedHypervisor(host).resources()
    return ManagedNode(ComputeNode(number, f"u-{host}", number, host, resources), service)


class Nodes:
    """`Cell`, its rows and their `nodes` at once, over a list."""

    def __init__(self, name: str, *hosts: str) -> None:
        self.name = name
        self.kept = [managed(number, host) for number, host in enumerate(hosts, start=1)]
        self.reads: list[int] = []

    @property
    def nodes(self) -> "Nodes":
        return self

    def read(self, work: Callable[[Any], T]) -> T:
        return work(self)

    def page(self, after: int, limit: int) -> list[ManagedNode]:
        self.reads.append(limit)
        return [each for each in self.kept if each.node.id > after][:limit]

    def matching(self, pattern: str) -> list[ManagedNode]:
        return [each for each in self.kept if pattern in each.node.host]

    def get(self, key: int | str) -> ManagedNode | None:
        return next((each for each in self.kept if key in (each.node.id, each.node.uuid)), None)


class Deployment:
    """`Cells`, and a directory that maps every host to its cell but those in `unmapped`."""

    def __init__(self, *cells: Nodes, unmapped: Sequence[str] = ()) -> None:
        self._cells = cells
        self._unmapped = unmapped

    @property
    def mappings(self) -> "Deployment":
        return self

    def all(self) -> Sequence[Nodes]:
        return self._cells

    def read(self, work: Callable[[Any], T]) -> T:
        return work(self)

    def hosts(self, cell: str) -> frozenset[str]:
        kept = next(each.kept for each in self._cells if each.name == cell)
        return frozenset(each.node.host for each in kept if each.node.host not in self._unmapped)


def hosts(
    deployment: Deployment, limit: int | None = None, marker: hypervisors.NodeId | None = None
) -> list[str]:
    found = hypervisors.list_nodes(deployment, deployment, limit, marker)  # type: ignore[arg-type] # both at once
    return [each.node.host for each in found]


@pytest.fixture
def deployment() -> Deployment:
    return Deployment(Nodes("1", "a", "b", "c"), Nodes("2"), Nodes("3", "d", "e"))


def test_a_list_goes_by_cell_and_then_by_id(deployment: Deployment) -> None:
    assert hosts(deployment) == ["a", "b", "c", "d", "e"]


def test_pages_go_on_from_cell_to_cell(deployment: Deployment) -> None:
    for limit in range(1, 7):
        seen: list[str] = []
        marker = None
        while page := hosts(deployment, limit, marker):
            assert len(page) == min(limit, 5 - len(seen))
            seen += page
            marker = f"u-{page[-1]}"
        assert seen == ["a", "b", "c", "d", "e"]


def test_a_marker_that_is_a_number_is_the_first_cells_that_has_it(deployment: Deployment) -> None:
    assert hosts(deployment, 2, 2) == ["c", "d"]
    with pytest.raises(MarkerNotFound):
        hosts(deployment, 2, 4)


def test_a_full_page_asks_no_further_cell() -> None:
    last = Nodes("2", "c")
    assert hosts(Deployment(Nodes("1", "a", "b"), last), 2) == ["a", "b"]
    assert last.reads == []


def test_hosts_that_are_not_mapped_are_made_up_for_within_a_page() -> None:
    first = Nodes("1", "a", "x", "y", "z", "b")
    deployment = Deployment(first, Nodes("2", "c"), unmapped=("x", "y", "z"))
    assert hosts(deployment, 2) == ["a", "b"]
    assert sum(first.reads) <= 5
    assert hosts(deployment, 3) == hosts(deployment) == ["a", "b", "c"]
