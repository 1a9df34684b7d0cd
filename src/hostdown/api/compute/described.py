"""The route table at one microversion, as `/openapi.json` tells it."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Protocol

from hostdown.api import faults
from hostdown.api.compute.fields import body_schema
from hostdown.api.compute.microversion import HEADER, MINIMUM, SERVICE_TYPE, Ranged, Row, Version
from hostdown.api.compute.route import Answer, Route
from hostdown.api.compute.types import LINKS, STRING
from hostdown.api.described import (
    ANYTHING,
    MAYBE_TOKEN,
    TOKEN,
    Described,
    Schema,
    in_path,
    record,
)

ALWAYS = (400, 401, 406, 413, 414, 415, 500, 503)
"""What any request may be answered with, by what precedes handlers or by a database that is away.

Added where it can happen: 403 by a rule, 404 by a name in the path.
"""


class _Told(Ranged, Protocol):
    """A parameter or a field."""

    @property
    def name(self) -> str: ...
    @property
    def schema(self) -> Schema | None: ...


def described(routes: Iterable[Route], version: Version) -> list[Described]:
    """Every operation that this version has."""
    alive = sorted(_alive(routes, version), key=_place)
    return [_operation(list(same), version) for _, same in groupby(alive, key=_place)]


def _place(route: Route) -> tuple[str, str]:
    return route.path, route.method


def _alive(rows: Iterable[Row], version: Version) -> list[Row]:
    return [row for row in rows if row.since <= version <= row.until]


def _operation(rows: Sequence[Route], version: Version) -> Described:
    """Of several rows each is an action, so that they share all but the body."""
    first = rows[0]
    statuses = {*ALWAYS, *(status for row in rows for status in row.faults)}
    statuses |= {403} if any(row.rule for row in rows) else set()
    statuses |= {404} if "{" in first.path else set()
    return Described(
        first.method,
        first.path,
        first.success,
        _answer(first, version),
        _body(rows, version),
        (_version(version), *_in_path(first, version), *_in_query(first, version)),
        {status: faults.described(status) for status in sorted(statuses)},
        # The document of a version root is for everybody; below a project it needs a token.
        MAYBE_TOKEN if first.path == "/" else TOKEN,
        _extras(rows),
        further={
            row.success: _answer(row, version) for row in rows if row.success != first.success
        },
    )


def _answer(route: Route, version: Version) -> Schema | None:
    """The body of a success; actions, deletions and 202 have none unless it is told."""
    told = route.whole_answer or route.answer
    if told is None and (route.action or route.method == "DELETE" or route.success in (202, 204)):
        return None
    return route.whole_answer or answer_schema(route.answer, version)


def answer_schema(answer: Answer | None, version: Version) -> Schema:
    """The body of a success at this version; anything if the table does not tell."""
    if answer is None:
        return ANYTHING
    one: Schema = {"type": "object"}
    if answer.fields:
        one = record(_properties(answer.fields, version), _present(answer, version))
    shown: Schema = {"type": "array", "items": one} if answer.many else one
    return record({answer.key: shown, **dict.fromkeys(answer.beside, LINKS)}, (answer.key,))


def _properties(rows: Iterable[_Told], version: Version) -> dict[str, Schema]:
    return {row.name: row.schema or ANYTHING for row in _alive(rows, version)}


def _present(answer: Answer, version: Version) -> tuple[str, ...]:
    names = (field.name for field in _alive(answer.fields, version))
    return tuple(name for name in names if answer.always is None or name in answer.always)


def _body(rows: Sequence[Route], version: Version) -> Schema | None:
    bodies = [
        body_schema(_alive(row.body, version), row.action, row.nullable)
        for row in rows
        if row.body is not None
    ]
    bodies += [row.whole_body for row in rows if row.whole_body is not None]
    return bodies[0] if len(bodies) == 1 else {"oneOf": bodies} if bodies else None


def _version(version: Version) -> Schema:
    """Who does not ask for a version gets the oldest."""
    return {
        "name": HEADER,
        "in": "header",
        "required": version != MINIMUM,
        "schema": {"const": f"{SERVICE_TYPE} {version}"},
    }


def _in_path(route: Route, version: Version) -> list[Schema]:
    told = _properties(route.names, version)
    names = (part[1:-1] for part in route.path.split("/") if part.startswith("{"))
    return [in_path(name, told.get(name, STRING)) for name in names]


def _in_query(route: Route, version: Version) -> list[Schema]:
    params = _alive(route.query.params, version) if route.query else ()
    return [
        {
            "name": param.name,
            "in": "query",
            "required": param.required,
            "schema": param.schema if param.single else {"type": "array", "items": param.schema},
        }
        for param in params
    ]


def _extras(rows: Sequence[Route]) -> dict[str, object]:
    """The versions of a row are told as OpenStack's own generated documents tell them."""
    first = rows[0]
    told: dict[str, object] = {"x-openstack": _range(first)}
    rules = sorted({row.rule for row in rows if row.rule})
    notes = " ".join(row.note for row in rows if row.note)
    if rules:
        told["x-policy-rules"] = rules
    if notes:
        told["description"] = notes
    return told


def _range(row: Ranged) -> dict[str, str]:
    return {"min-ver": str(row.since), "max-ver": str(row.until)}
