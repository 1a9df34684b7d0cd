"""Hosts that have reported what they have, and a cell whose hosts run instances."""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from falcon.testing import Result
from tests.api.world import Breakable, World

from hostdown.domain.model import COMPUTE, InstanceName, ManagedNode, Service
from hostdown.drivers.simulated_hypervisor import SimulatedHypervisor
from hostdown.services.cell_ports import CellRows
from hostdown.services.hypervisor_ports import ComputeNodeRows

T = TypeVar("T")

UP_FOR = timedelta(days=93, hours=18, minutes=25)
UPTIME = " 10:00:00 up 93 days, 18:25,  - users,  load average: -, -, -"


def node(
    world: World, host: str, seen: timedelta | None = timedelta(0), **resources: object
) -> ManagedNode:
    """A host that reported that long ago (never since it told what it has: None)."""
    service = world.service(host, COMPUTE, seen)
    return report(world, service, **{"hypervisor_hostname": host, **resources})


def report(world: World, service: Service, **resources: object) -> ManagedNode:
    """Let a host tell what it has: a simulated one's, with changes."""
    facts = SimulatedHypervisor(service.host, world.clock.at - UP_FOR).resources()
    has = facts._replace(**resources)  # type: ignore[arg-type] # a test's own words
    world.cell.write(lambda rows: rows.reports.resources(service.id, has, world.clock.at))
    found: ManagedNode | None = world.cell.read(lambda rows: rows.nodes.on_host(service.host))
    assert found is not None
    return found


class HostingRows:
    """`ComputeNodeRows` whose nodes all run the same instances."""

    def __init__(self, real: ComputeNodeRows, instances: tuple[InstanceName, ...]) -> None:
        self._real = real
        self._instances = instances

    def page(self, after: int, limit: int) -> list[ManagedNode]:
        return [self._hosting(each) for each in self._real.page(after, limit)]

    def matching(self, pattern: str) -> list[ManagedNode]:
        return [self._hosting(each) for each in self._real.matching(pattern)]

    def get(self, node_id: int | str) -> ManagedNode | None:
        found = self._real.get(node_id)
        return None if found is None else self._hosting(found)

    def on_host(self, host: str) -> ManagedNode | None:
        found = self._real.on_host(host)
        return None if found is None else self._hosting(found)

    def _hosting(self, found: ManagedNode) -> ManagedNode:
        return found._replace(instances=self._instances)


class _Rows:
    def __init__(self, real: CellRows, nodes: ComputeNodeRows) -> None:
        self.services, self.reports, self.journal = real.services, real.reports, real.journal
        self.nodes = nodes


class HostingCell:
    """A cell whose hosts run `instances`."""

    def __init__(self, real: Breakable, instances: tuple[InstanceName, ...]) -> None:
        self.name = real.name
        self.write = real.write
        self._real = real
        self._instances = instances

    def read(self, work: Callable[[CellRows], T]) -> T:
        return self._real.read(
            lambda rows: work(_Rows(rows, HostingRows(rows.nodes, self._instances)))
        )


def let_run(world: World, *instances: InstanceName) -> None:
    """From now on every host runs these."""
    world.parts.cells.cell = HostingCell(world.cell, instances)  # type: ignore[attr-defined] # OneCell


def ask(world: World, below: str = "", version: str = "2.104", root: str = "/v2.1") -> Result:
    """GET something of os-hypervisors."""
    return world.ask("GET", f"{root}/os-hypervisors{below}", version)
