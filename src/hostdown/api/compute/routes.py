"""Every operation of the Compute API, with the versions that have it and the rule that guards it.

A path that is known but not at the caller's version is 404 `itemNotFound`; a path or method that no
row has is the HTML 404 (contract 1.5).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hostdown.api.compute import os_services, versions
from hostdown.api.compute.call import Call
from hostdown.api.compute.fields import Param, Query
from hostdown.api.compute.microversion import MAXIMUM, MINIMUM, Version

Handler = Callable[[Call], object]
"""Returns what becomes the JSON body; None means no body."""


@dataclass(frozen=True)
class Route:
    """One operation. `{name}` in the path stands for one segment."""

    method: str
    path: str
    handler: Handler
    rule: str | None
    since: Version = MINIMUM
    until: Version = MAXIMUM
    success: int = 200
    body: Sequence[Param] | None = None
    query: Query | None = None


_SERVICES = "os_compute_api:os-services"

ROUTES: tuple[Route, ...] = (
    Route("GET", "/", versions.show_current, rule=None),
    Route("GET", "/versions/{id}", versions.show, rule=None),
    Route(
        "GET",
        "/os-services",
        os_services.index,
        f"{_SERVICES}:list",
        query=os_services.INDEX_QUERY,
    ),
    Route(
        "PUT",
        "/os-services/{id}",
        os_services.update_on_host,
        f"{_SERVICES}:update",
        until=Version(2, 52),
        body=os_services.ON_HOST_BODY,
    ),
    Route(
        "PUT",
        "/os-services/{id}",
        os_services.update,
        f"{_SERVICES}:update",
        since=Version(2, 53),
        body=os_services.UPDATE_BODY,
    ),
    Route(
        "DELETE",
        "/os-services/{id}",
        os_services.delete_by_number,
        f"{_SERVICES}:delete",
        until=Version(2, 52),
        success=204,
    ),
    Route(
        "DELETE",
        "/os-services/{id}",
        os_services.delete_by_uuid,
        f"{_SERVICES}:delete",
        since=Version(2, 53),
        success=204,
    ),
)
