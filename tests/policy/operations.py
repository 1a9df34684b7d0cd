"""A valid request for every operation of the route tables, and the rules that guard it.

Of such a request, only 403 can tell "may not" from "may". An operation that has no row here fails
the matrix: whoever adds a route adds the row, with the rules that the contract names for it.
"""

from tests.api.hosting import node as add_node
from tests.api.world import World
from tests.policy import (
    aggregate_operations,
    alarm_operations,
    event_operations,
    flavor_operations,
    image_operations,
    metric_operations,
    migration_operations,
    recovery_operations,
    server_action_operations,
    server_group_operations,
    server_operations,
)
from tests.policy.appendix_b import MINE, OTHERS, SOMEBODY, Target
from tests.policy.operation import HOST, Made, Operation, at, new_name

from hostdown.api.compute.microversion import Version
from hostdown.api.compute.route import Route
from hostdown.api.compute.routes import ROUTES

BY_HOST = {"host": HOST, "binary": "nova-compute"}


def _service_number(world: World) -> str:
    return f"/os-services/{world.service(new_name()).id}"


def _service_uuid(world: World) -> str:
    return f"/os-services/{world.service(new_name()).uuid}"


def _dead(path: str) -> Made:
    """The service of a host that never reported."""

    def made(world: World) -> str:
        return path.format(uuid=world.service(new_name(), seen=None).uuid)

    return made


def _host(path: str) -> Made:
    def made(world: World) -> str:
        name = new_name()
        world.service(name)
        return path.format(name=name)

    return made


def _node(below: str) -> Made:
    """A hypervisor, of which `{number}`, `{uuid}` and `{host}` tell."""

    def made(world: World) -> str:
        found = add_node(world, new_name()).node
        return below.format(number=found.id, uuid=found.uuid, host=found.host)

    return made


_SERVICES = "os_compute_api:os-services:"
_HYPERVISORS = "os_compute_api:os-hypervisors:"
_HOSTS = "os_compute_api:os-hosts:"
_STRANGERS = Target(OTHERS, SOMEBODY)
_OS = "os_compute_api:"
_IS_ADMIN = "context_is_admin"

OPERATIONS: tuple[Operation, ...] = (
    Operation("GET", "/", "2.1", None, at("/")),
    Operation("GET", "/versions/{id}", "2.1", None, at("/versions/v2.1")),
    Operation("GET", "/os-services", "2.104", f"{_SERVICES}list", at("/os-services")),
    Operation(
        "PUT", "/os-services/{id}", "2.1", f"{_SERVICES}update", at("/os-services/disable"),
        BY_HOST,
    ),
    Operation(
        "PUT", "/os-services/{id}", "2.11", f"{_SERVICES}update", at("/os-services/force-down"),
        BY_HOST | {"forced_down": True},
    ),
    Operation(
        "PUT", "/os-services/{id}", "2.53", f"{_SERVICES}update", _service_uuid,
        {"forced_down": True},
    ),
    Operation(
        "DELETE", "/os-services/{id}", "2.1", f"{_SERVICES}delete", _service_number, success=204,
    ),
    Operation(
        "DELETE", "/os-services/{id}", "2.53", f"{_SERVICES}delete", _service_uuid, success=204,
    ),
    Operation(
        "POST", "/os-services/{id}/evacuate", "2.104", f"{_OS}os-evacuate",
        _dead("/os-services/{uuid}/evacuate"), {}, 202,
    ),
    Operation(
        "GET", "/os-hypervisors", "2.104", f"{_HYPERVISORS}list", _node("/os-hypervisors"),
    ),
    Operation(
        "GET", "/os-hypervisors/detail", "2.104", f"{_HYPERVISORS}list-detail",
        _node("/os-hypervisors/detail"),
    ),
    Operation(
        "GET", "/os-hypervisors/statistics", "2.87", f"{_HYPERVISORS}statistics",
        at("/os-hypervisors/statistics"),
    ),
    Operation(
        "GET", "/os-hypervisors/{id}", "2.104", f"{_HYPERVISORS}show",
        _node("/os-hypervisors/{uuid}"),
    ),
    Operation(
        "GET", "/os-hypervisors/{id}/uptime", "2.87", f"{_HYPERVISORS}uptime",
        _node("/os-hypervisors/{uuid}/uptime"),
    ),
    Operation(
        "GET", "/os-hypervisors/{id}/search", "2.52", f"{_HYPERVISORS}search",
        _node("/os-hypervisors/{host}/search"),
    ),
    Operation(
        "GET", "/os-hypervisors/{id}/servers", "2.52", f"{_HYPERVISORS}servers",
        _node("/os-hypervisors/{host}/servers"),
    ),
    Operation("GET", "/os-hosts", "2.42", f"{_HOSTS}list", at("/os-hosts")),
    Operation("GET", "/os-hosts/{id}", "2.42", f"{_HOSTS}show", _node("/os-hosts/{host}")),
    Operation(
        "PUT", "/os-hosts/{id}", "2.42", f"{_HOSTS}update", _node("/os-hosts/{host}"),
        {"host_down_reported": True},
    ),
    Operation(
        "GET", "/os-hosts/{id}/startup", "2.42", f"{_HOSTS}start",
        _node("/os-hosts/{host}/startup"), success=501,
    ),
    Operation(
        "GET", "/os-hosts/{id}/shutdown", "2.42", f"{_HOSTS}shutdown",
        _node("/os-hosts/{host}/shutdown"), success=501,
    ),
    Operation(
        "GET", "/os-hosts/{id}/reboot", "2.42", f"{_HOSTS}reboot",
        _node("/os-hosts/{host}/reboot"), success=501,
    ),
    *aggregate_operations.OPERATIONS,
    *flavor_operations.OPERATIONS,
    Operation("GET", "/extensions", "2.104", f"{_OS}extensions", at("/extensions")),
    Operation("GET", "/extensions/{id}", "2.104", f"{_OS}extensions", at("/extensions/flavors")),
    Operation("GET", "/limits", "2.104", f"{_OS}limits", at("/limits")),
    Operation(
        "GET", "/limits", "2.104", f"{_OS}limits", at(f"/limits?tenant_id={OTHERS}"),
        further=(f"{_OS}limits:other_project",), target=_STRANGERS,
    ),
    Operation("GET", "/os-keypairs", "2.104", f"{_OS}os-keypairs:index", at("/os-keypairs")),
    Operation(
        "GET", "/os-keypairs/{id}", "2.104", f"{_OS}os-keypairs:show", at("/os-keypairs/k"),
        success=404,
    ),
    Operation(
        "GET", "/os-keypairs", "2.104", f"{_OS}os-keypairs:index",
        at(f"/os-keypairs?user_id={SOMEBODY}"), target=_STRANGERS,
    ),
    *migration_operations.OPERATIONS,
    Operation(
        "GET", "/os-quota-sets/{id}", "2.104", f"{_OS}os-quota-sets:show",
        at(f"/os-quota-sets/{MINE}"),
    ),
    Operation(
        "GET", "/os-quota-sets/{id}", "2.104", f"{_OS}os-quota-sets:show",
        at(f"/os-quota-sets/{OTHERS}"), target=_STRANGERS,
    ),
    Operation(
        "GET", "/os-quota-sets/{id}/defaults", "2.104", f"{_OS}os-quota-sets:defaults",
        at(f"/os-quota-sets/{MINE}/defaults"),
    ),
    Operation(
        "GET", "/os-quota-sets/{id}/detail", "2.104", f"{_OS}os-quota-sets:detail",
        at(f"/os-quota-sets/{MINE}/detail"),
    ),
    Operation(
        "PUT", "/os-quota-sets/{id}", "2.104", f"{_OS}os-quota-sets:update",
        at(f"/os-quota-sets/{MINE}"), {"quota_set": {"cores": 1}}, success=501,
    ),
    Operation(
        "DELETE", "/os-quota-sets/{id}", "2.104", f"{_OS}os-quota-sets:delete",
        at(f"/os-quota-sets/{MINE}"), success=202,
    ),
    Operation(
        "GET", "/os-quota-class-sets/{id}", "2.104", f"{_OS}os-quota-class-sets:show",
        at("/os-quota-class-sets/default"),
    ),
    Operation(
        "PUT", "/os-quota-class-sets/{id}", "2.104", f"{_OS}os-quota-class-sets:update",
        at("/os-quota-class-sets/default"), {"quota_class_set": {"cores": 1}}, success=501,
    ),
    *server_group_operations.OPERATIONS,
    *server_action_operations.OPERATIONS,
    *server_operations.OPERATIONS,
    Operation(
        "GET", "/os-simple-tenant-usage", "2.104", f"{_OS}os-simple-tenant-usage:list",
        at("/os-simple-tenant-usage"),
    ),
    Operation(
        "GET", "/os-simple-tenant-usage/{id}", "2.104", f"{_OS}os-simple-tenant-usage:show",
        at(f"/os-simple-tenant-usage/{MINE}"),
    ),
)  # fmt: skip
"""Of the Compute API, below /v2.1."""

OWN_OPERATIONS: tuple[Operation, ...] = (
    Operation("GET", "/agent/v1/hosts", "", "hostdown:hosts:list", at("/agent/v1/hosts")),
    Operation(
        "GET", "/agent/v1/hosts/{name}", "", "hostdown:hosts:show",
        _host("/agent/v1/hosts/{name}"),
    ),
    Operation(
        "POST", "/agent/v1/hosts/{name}/enrolment", "", "hostdown:hosts:enroll",
        at("/agent/v1/hosts/new/enrolment"), success=201,
    ),
    Operation(
        "POST", "/agent/v1/hosts/{name}/fence-test", "", "hostdown:hosts:fence_test",
        _host("/agent/v1/hosts/{name}/fence-test"),
    ),
    Operation(
        "POST", "/agent/v1/hosts/{name}/failure-domain", "", "hostdown:hosts:failure_domain",
        _host("/agent/v1/hosts/{name}/failure-domain"), {"failure_domain": "rack7"},
    ),
    Operation(
        "POST", "/agent/v1/hosts/{name}/reserve", "", "hostdown:hosts:reserve",
        _host("/agent/v1/hosts/{name}/reserve"), {"reserved": True},
    ),
    Operation(
        "GET", "/agent/v1/fence-checks", "", "hostdown:hosts:fence_status",
        at("/agent/v1/fence-checks"),
    ),
    Operation(
        "GET", "/agent/v1/capacity", "", "hostdown:hosts:capacity", at("/agent/v1/capacity")
    ),
    *recovery_operations.OPERATIONS,
    *event_operations.OPERATIONS,
    *image_operations.OPERATIONS,
    *alarm_operations.OPERATIONS,
    *metric_operations.OPERATIONS,
)  # fmt: skip
"""Of the Image and Alarming APIs, and of hostdown's own paths."""


def version(operation: Operation) -> Version:
    return Version(*map(int, operation.version.split(".")))


def route_of(operation: Operation) -> Route:
    """The route that the operation is at its version."""
    (found,) = [
        route
        for route in ROUTES
        if (route.method, route.path, route.rule) == (*operation[:2], operation.rule)
        and route.since <= version(operation) <= route.until
    ]
    return found
