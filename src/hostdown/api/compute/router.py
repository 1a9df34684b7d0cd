"""From method and path to the operations of the route table, compiled at start."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from hostdown.api.compute.fields import bodies
from hostdown.api.compute.microversion import ALL, Version, by_version
from hostdown.api.compute.nova_resources import NOVA_BELOW, NOVA_RESOURCES
from hostdown.api.compute.route import Handler, Route
from hostdown.api.compute.validation import BodyForm, Validator
from hostdown.api.errors import NoRoute

_PROJECT = re.compile("[0-9a-f-]+")


class Operation(NamedTuple):
    """A route at one version; `action` is the key under which its body has what is asked for."""

    handler: Handler
    rule: str | None
    success: int
    action: str | None
    body: BodyForm | None
    query: Validator | None
    parameters: frozenset[str]


class Match(NamedTuple):
    """What a URL names: operations by version (none where Nova has a resource and we do not).

    Of a path that takes actions, the operations of each by its name.
    """

    operations: Mapping[Version, Operation]
    actions: Mapping[str, Mapping[Version, Operation]]
    names: Mapping[str, str]
    project: str | None
    path: str


class _Pattern(NamedTuple):
    segments: tuple[str, ...]
    operations: Mapping[Version, Operation]
    actions: Mapping[str, Mapping[Version, Operation]]

    def names(self, segments: list[str]) -> dict[str, str] | None:
        """The placeholders' values if the path is this one."""
        if len(segments) != len(self.segments):
            return None
        names: dict[str, str] = {}
        for mine, given in zip(self.segments, segments, strict=True):
            if mine.startswith("{") and given:
                names[mine[1:-1]] = given
            elif mine != given:
                return None
        return names


class Router:
    """Matches what follows `/v2.1` or `/v2`; raises NoRoute."""

    def __init__(self, routes: Iterable[Route]) -> None:
        rows: dict[tuple[str, str], list[Route]] = {}
        for route in routes:
            rows.setdefault((route.method, route.path), []).append(route)
        self._patterns: dict[tuple[str, str], list[_Pattern]] = {}
        for (method, path), same_path in rows.items():
            segments = tuple(path[1:].split("/"))
            pattern = _Pattern(segments, _operations(same_path), _actions(same_path))
            self._patterns.setdefault((method, segments[0]), []).append(pattern)
        for patterns in self._patterns.values():
            patterns.sort(key=lambda pattern: ["{" in part for part in pattern.segments])
        self._absent = NOVA_RESOURCES.difference(resource for _, resource in self._patterns)

    def match(self, method: str, rest: str) -> Match:
        """`rest` is the path without version root and first slash."""
        match = self._resource(method, rest.split("/"), None)
        if match is not None:
            return match
        project, slash, below = rest.partition("/")
        if slash and _PROJECT.fullmatch(project):
            match = self._resource(method, below.split("/"), project)
            if match is not None:
                return match
        raise NoRoute

    def _resource(self, method: str, segments: list[str], project: str | None) -> Match | None:
        for pattern in self._patterns.get((method, segments[0]), ()):
            names = pattern.names(segments)
            if names is not None:
                path = "/" + "/".join(segments)
                return Match(pattern.operations, pattern.actions, names, project, path)
        if self._is_absent(segments) and segments[-1]:
            return Match({}, {}, {}, project, "")
        return None

    def _is_absent(self, segments: list[str]) -> bool:
        """Whether Nova has it and this program has not."""
        below = NOVA_BELOW.get(segments[0], frozenset())
        return segments[0] in self._absent or (len(segments) > 2 and segments[2] in below)


def _actions(rows: list[Route]) -> dict[str, Mapping[Version, Operation]]:
    by_name: dict[str, list[Route]] = {}
    for row in rows:
        if row.action is not None:
            by_name.setdefault(row.action, []).append(row)
    return {name: _at_versions(same_name) for name, same_name in by_name.items()}


def _operations(rows: list[Route]) -> dict[Version, Operation]:
    return _at_versions([row for row in rows if row.action is None])


def _at_versions(rows: list[Route]) -> dict[Version, Operation]:
    by_row: list[Callable[[Version], Operation]] = [_operation(row) for row in rows]
    alive = by_version(rows, lambda routes: [rows.index(route) for route in routes])
    operations = {}
    for version in ALL:
        if len(alive[version]) > 1:
            what = f"{rows[0].method} {rows[0].path} {rows[0].action or ''}".rstrip()
            raise ValueError(f"{what} has two rows at {version}")
        if alive[version]:
            operations[version] = by_row[alive[version][0]](version)
    return operations


def _forms(row: Route) -> Mapping[Version, BodyForm] | None:
    if row.whole_body is not None:
        return dict.fromkeys(ALL, BodyForm(row.whole_body))
    return None if row.body is None else bodies(row.body, row.action, row.nullable)


def _operation(row: Route) -> Callable[[Version], Operation]:
    body = _forms(row)
    query = None if row.query is None else row.query.validators()
    parameters = by_version(
        row.query.params if row.query else (),
        lambda alive: frozenset(param.name for param in alive),
    )

    def at(version: Version) -> Operation:
        return Operation(
            handler=row.handler,
            rule=row.rule,
            success=row.success,
            action=row.action,
            body=None if body is None else body[version],
            query=None if query is None else query[version],
            parameters=parameters[version],
        )

    return at
