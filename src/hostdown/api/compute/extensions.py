"""extensions: what old clients read to find out what a Compute API can do (contract 6.9).

Microversions took their place, so nothing here depends on one. A row stands for something that is
served: a test proves that its path is in the route table.
"""

from typing import NamedTuple

from hostdown.api.compute import types
from hostdown.api.compute.call import Call
from hostdown.api.compute.fields import Field, Query, views
from hostdown.api.compute.microversion import Version
from hostdown.api.compute.route import Answer, Route
from hostdown.api.errors import NotFoundAtVersion


class Extension(NamedTuple):
    """One extension by Nova's names; `path` is where it is to be seen."""

    alias: str
    name: str
    description: str
    path: str


TABLE = (
    Extension("extensions", "Extensions", "This list.", "/extensions"),
    Extension("os-aggregates", "Aggregates", "Named sets of hosts.", "/os-aggregates"),
    Extension(
        "os-availability-zone",
        "AvailabilityZone",
        "Zones and the hosts in them.",
        "/os-availability-zone",
    ),
    Extension("flavors", "Flavors", "Sizes of servers.", "/flavors"),
    Extension(
        "os-flavor-access",
        "FlavorAccess",
        "Which projects may use a private flavor.",
        "/flavors/{id}/os-flavor-access",
    ),
    Extension(
        "os-flavor-extra-specs",
        "FlavorExtraSpecs",
        "Further properties of flavors.",
        "/flavors/{id}/os-extra_specs",
    ),
    Extension("os-flavor-manage", "FlavorManage", "Making and deleting flavors.", "/flavors"),
    Extension("OS-FLV-DISABLED", "FlavorDisabled", "Whether a flavor is disabled.", "/flavors"),
    Extension("OS-FLV-EXT-DATA", "FlavorExtraData", "Ephemeral disks of flavors.", "/flavors"),
    Extension("os-flavor-rxtx", "FlavorRxtx", "Network factors of flavors.", "/flavors"),
    Extension("os-flavor-swap", "FlavorSwap", "Swap disks of flavors.", "/flavors"),
    Extension("limits", "Limits", "What a project may have.", "/limits"),
    Extension("os-used-limits", "UsedLimits", "What a project has.", "/limits"),
    Extension(
        "os-used-limits-for-admin", "UsedLimitsForAdmin", "What other projects have.", "/limits"
    ),
    Extension("os-hosts", "Hosts", "Hosts and what they have.", "/os-hosts"),
    Extension(
        "os-hypervisors", "Hypervisors", "Hypervisors and what they have.", "/os-hypervisors"
    ),
    Extension(
        "os-extended-hypervisors",
        "ExtendedHypervisors",
        "Addresses of hypervisors.",
        "/os-hypervisors/detail",
    ),
    Extension(
        "os-hypervisor-status",
        "HypervisorStatus",
        "States of hypervisors.",
        "/os-hypervisors/detail",
    ),
    Extension("os-keypairs", "Keypairs", "Public keys of users.", "/os-keypairs"),
    Extension("os-migrations", "Migrations", "Moves of servers.", "/os-migrations"),
    Extension(
        "os-quota-class-sets",
        "QuotaClasses",
        "Limits of classes of projects.",
        "/os-quota-class-sets/{id}",
    ),
    Extension("os-quota-sets", "Quotas", "Limits of projects.", "/os-quota-sets/{id}"),
    Extension(
        "os-extended-quotas", "ExtendedQuotas", "Limits beside use.", "/os-quota-sets/{id}/detail"
    ),
    Extension("os-server-groups", "ServerGroups", "Groups of servers.", "/os-server-groups"),
    Extension(
        "os-server-group-quotas",
        "ServerGroupQuotas",
        "Limits of groups of servers.",
        "/os-quota-sets/{id}",
    ),
    Extension("os-services", "Services", "Services and their states.", "/os-services"),
    Extension(
        "os-extended-services", "ExtendedServices", "Why a service is disabled.", "/os-services"
    ),
    Extension(
        "os-extended-services-delete",
        "ExtendedServicesDelete",
        "Deletion of services.",
        "/os-services/{id}",
    ),
    Extension(
        "os-simple-tenant-usage",
        "SimpleTenantUsage",
        "How long servers ran.",
        "/os-simple-tenant-usage",
    ),
    Extension("servers", "Servers", "Servers.", "/servers"),
    Extension("versions", "Versions", "Versions of this API.", "/versions/{id}"),
)

FIELDS: tuple[Field[Extension, None], ...] = (
    Field("name", "name", schema=types.STRING),
    Field("alias", "alias", schema=types.STRING),
    Field("namespace", lambda _: NAMESPACE, schema=types.STRING),
    Field("updated", lambda _: UPDATED, schema=types.STRING),
    Field("description", "description", schema=types.STRING),
    Field("links", lambda _: [], schema=types.LINKS),
)
_VIEWS = views(FIELDS)

NAMESPACE = "http://docs.openstack.org/compute/ext/fake_xml"
UPDATED = "2014-12-03T00:00:00Z"
"""What Nova has said for every extension since they are none any more."""


def index(call: Call) -> object:
    """GET /extensions."""
    call.authorize()
    return {"extensions": _VIEWS[call.version](TABLE, None)}


def show(call: Call) -> object:
    """GET /extensions/{id}."""
    call.authorize()
    found = [row for row in TABLE if row.alias == call.names["id"]]
    if not found:
        raise NotFoundAtVersion
    return {"extension": _VIEWS[call.version](found, None)[0]}


_RULE = "os_compute_api:extensions"
_QUERY = Query((), closed_since=Version(2, 102))

ROUTES = (
    Route(
        "GET",
        "/extensions",
        index,
        _RULE,
        query=_QUERY,
        answer=Answer("extensions", FIELDS, many=True),
    ),
    Route("GET", "/extensions/{id}", show, _RULE, query=_QUERY, answer=Answer("extension", FIELDS)),
)
