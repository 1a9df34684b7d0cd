"""Hosts that have reported what they have, and a cell whose hosts run instances."""

from datetime import timedelta

from falcon.testing import Result
from tests.api.serving import server
from tests.api.world import World

from hostdown.domain.model import COMPUTE, InstanceName, ManagedNode, Service
from hostdown.drivers.simulated_hypervisor import SimulatedHypervisor

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


def let_run(world: World, host: str, *instances: InstanceName) -> None:
    """The host runs these from now on; what they are called is counted, from 1."""
    for each in instances:
        server(world, host=host, uuid=each.uuid)


def ask(world: World, below: str = "", version: str = "2.104", root: str = "/v2.1") -> Result:
    """GET something of os-hypervisors."""
    return world.ask("GET", f"{root}/os-hypervisors{below}", version)
