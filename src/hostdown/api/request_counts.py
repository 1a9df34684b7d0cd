"""Counts the requests that were answered, and how long that took."""

from collections.abc import Iterable

from hostdown.api.ports import SubApplication
from hostdown.api.route_names import METHODS, OTHER, RouteNames
from hostdown.domain.metric_table import REQUEST_SECONDS, REQUESTS
from hostdown.services.metric_ports import Counts


class RequestCounts:
    """Of one worker; any of its threads."""

    def __init__(self, counts: Counts, applications: Iterable[SubApplication]) -> None:
        self._counts = counts
        self._names = RouteNames(tuple(applications))

    def answered(self, method: str, path: str, status: str, took_s: float) -> None:
        """One more. `path` as it was sent, `status` in three digits."""
        method = method if method in METHODS else OTHER
        route = self._names.name(path)
        self._counts.add(REQUESTS, (method, route, status))
        self._counts.observe(REQUEST_SECONDS, (method, route), took_s)
