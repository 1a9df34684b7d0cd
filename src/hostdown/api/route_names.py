"""What a request asks for, as one of few words: for counting by route, whatever a path holds."""

import re
from collections.abc import Iterable, Mapping

from hostdown.api.compute.routes import ROUTES
from hostdown.api.ports import SubApplication

OTHER = "other"
"""A route that is in no table, and a method that HTTP does not have."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
COMPUTE = "/v2.1"
UNTOLD = ("/agent/v1/hosts/{id}/images/{image}",)
"""What no document tells of: only agents ask for it."""

_SLASHES = re.compile("/{2,}")
_PROJECT = re.compile("[0-9a-f-]+")
_ANY = "{}"
"""The branch of a segment that may be anything."""
_END = ""
"""The branch that holds the route itself."""


class RouteNames:
    """Knows the paths of all tables, as the reference of the HTTP API has them.

    A path is found in the tree of their segments, so that it costs the same however many there are.
    What is below `/v2`, and what has a project's id in it, counts for the same below `/v2.1`.
    """

    def __init__(self, applications: Iterable[SubApplication]) -> None:
        self._tree: dict[str, object] = {}
        for route in ROUTES:
            self._put(COMPUTE + route.path)
        for path in ("/", COMPUTE, *UNTOLD, *(each.prefix for each in applications)):
            self._put(path)
        for each in applications:
            for operation in each.operations:
                self._put(each.prefix + operation.path)

    def name(self, path: str) -> str:
        """The route's path, with `{name}` where anything may stand; OTHER if there is none."""
        segments = _SLASHES.sub("/", path).rstrip("/").split("/")
        if len(segments) > 1 and segments[1] == "v2":
            segments[1] = "v2.1"
        found = self._find(segments)
        if found is None and len(segments) > 3 and segments[1] == "v2.1":
            found = self._find([*segments[:2], *segments[3:]]) if _is_project(segments[2]) else None
        return found or OTHER

    def _put(self, path: str) -> None:
        here = self._tree
        for segment in path.rstrip("/").split("/"):
            key = _ANY if segment.startswith("{") else segment or "/"
            inner = here.setdefault(key, {})
            assert isinstance(inner, dict)  # noqa: S101 - only the end of a route is none
            here = inner
        here.setdefault(_END, path.rstrip("/") or "/")

    def _find(self, segments: Iterable[str]) -> str | None:
        here: Mapping[str, object] = self._tree
        for segment in segments:
            inner = here.get(segment or "/")
            if inner is None:
                inner = here.get(_ANY)
            if not isinstance(inner, dict):
                return None
            here = inner
        found = here.get(_END)
        return found if isinstance(found, str) else None


def _is_project(segment: str) -> bool:
    return _PROJECT.fullmatch(segment) is not None
