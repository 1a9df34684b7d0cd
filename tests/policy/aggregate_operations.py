"""The rows of the matrix for aggregates and availability zones."""

from tests.api.world import World
from tests.policy.operation import HOST, Made, Operation, at, new_name

from hostdown.domain.model import Caller
from hostdown.services import aggregates


def _aggregate(below: str = "", *hosts: str) -> Made:
    def made(world: World) -> str:
        directory, now = world.parts.directory, world.clock.now()
        aggregate = aggregates.create(directory, _SOMEBODY, new_name(), None, now)
        for host in hosts:
            aggregates.add_host(directory, _SOMEBODY, aggregate.id, host, now)
        return f"/os-aggregates/{aggregate.id}{below}"

    return made


def _with_new_name(world: World) -> str:
    """Takes the name `new` away from whoever has it."""
    directory, now = world.parts.directory, world.clock.now()
    for each in aggregates.list_aggregates(directory):
        if each.name == "new":
            aggregates.delete(directory, _SOMEBODY, each.id, now)
    return "/os-aggregates"


_SOMEBODY = Caller("somebody", "somebody", None, (), "req-1")
_AGGREGATES = "os_compute_api:os-aggregates:"
_AGGREGATE = "/os-aggregates/{id}"
_ZONES = "os_compute_api:os-availability-zone:"

OPERATIONS: tuple[Operation, ...] = (
    Operation("GET", "/os-aggregates", "2.104", f"{_AGGREGATES}index", at("/os-aggregates")),
    Operation(
        "POST", "/os-aggregates", "2.104", f"{_AGGREGATES}create", _with_new_name,
        {"aggregate": {"name": "new"}},
    ),
    Operation("GET", _AGGREGATE, "2.104", f"{_AGGREGATES}show", _aggregate()),
    Operation(
        "PUT", _AGGREGATE, "2.104", f"{_AGGREGATES}update", _aggregate(),
        {"aggregate": {"availability_zone": "zone"}},
    ),
    Operation("DELETE", _AGGREGATE, "2.104", f"{_AGGREGATES}delete", _aggregate()),
    Operation(
        "POST", f"{_AGGREGATE}/action", "2.104", f"{_AGGREGATES}add_host", _aggregate("/action"),
        {"add_host": {"host": HOST}},
    ),
    Operation(
        "POST", f"{_AGGREGATE}/action", "2.104", f"{_AGGREGATES}remove_host",
        _aggregate("/action", HOST), {"remove_host": {"host": HOST}},
    ),
    Operation(
        "POST", f"{_AGGREGATE}/action", "2.104", f"{_AGGREGATES}set_metadata",
        _aggregate("/action"), {"set_metadata": {"metadata": {"key": "value"}}},
    ),
    Operation(
        "POST", f"{_AGGREGATE}/images", "2.104", "compute:aggregates:images",
        _aggregate("/images"), {"cache": [{"id": "0" * 32}]}, success=202,
    ),
    Operation(
        "GET", "/os-availability-zone", "2.104", f"{_ZONES}list", at("/os-availability-zone"),
    ),
    Operation(
        "GET", "/os-availability-zone/detail", "2.104", f"{_ZONES}detail",
        at("/os-availability-zone/detail"),
    ),
)  # fmt: skip
