"""The route table: every operation of the Compute API, with the versions that have it and its rule.

Each resource's module holds its rows. A path that is known but not at the caller's version is 404
`itemNotFound`; a path or method that no row has is the HTML 404 (contract 1.5).
"""

from hostdown.api.compute import (
    extensions,
    flavor_access,
    flavor_extra_specs,
    flavor_manage,
    flavors,
    host_evacuate,
    instance_actions,
    keypairs,
    limits,
    migrations,
    os_aggregates,
    os_availability_zone,
    os_hosts,
    os_hypervisors,
    os_services,
    quotas,
    server_actions,
    server_create,
    server_evacuate,
    server_groups,
    server_metadata,
    server_migrations,
    server_update,
    servers,
    usage,
    versions,
)
from hostdown.api.compute.route import Route

ROUTES: tuple[Route, ...] = (
    *versions.ROUTES,
    *os_services.ROUTES,
    *host_evacuate.ROUTES,
    *os_hypervisors.ROUTES,
    *os_hosts.ROUTES,
    *extensions.ROUTES,
    *os_aggregates.ROUTES,
    *os_availability_zone.ROUTES,
    *flavors.ROUTES,
    *flavor_manage.ROUTES,
    *flavor_extra_specs.ROUTES,
    *flavor_access.ROUTES,
    *keypairs.ROUTES,
    *limits.ROUTES,
    *migrations.ROUTES,
    *quotas.ROUTES,
    *server_groups.ROUTES,
    *server_actions.ROUTES,
    *server_create.ROUTES,
    *server_evacuate.ROUTES,
    *servers.ROUTES,
    *server_update.ROUTES,
    *server_metadata.ROUTES,
    *instance_actions.ROUTES,
    *server_migrations.ROUTES,
    *usage.ROUTES,
)
