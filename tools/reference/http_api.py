"""docs/reference/http-api.md, from the route table of api/compute."""

import json
from collections.abc import Iterable
from itertools import groupby

from tools.reference import markdown
from tools.reference.markdown import code, table

from hostdown.api.compute.fields import Field, Param, Query, Schema
from hostdown.api.compute.microversion import MAXIMUM, MINIMUM, Ranged, Row
from hostdown.api.compute.route import Answer, Route
from hostdown.api.compute.routes import ROUTES

INTRODUCTION = f"""\
The OpenStack Compute API, microversions {MINIMUM} to {MAXIMUM}, under `/v2.1` with or without a
project in the path; `/v2` is the same at {MINIMUM} for clients older than microversions. A request
asks for a version with `OpenStack-API-Version: compute X.Y` or, as it used to be called,
`X-OpenStack-Nova-API-Version: X.Y`. What differs from Nova is in
[Differences](differences.md); everything that is not in the first table is answered with 404.

Below it, each operation has its query parameters, its body and the record in its answer. A row
without versions is there from {MINIMUM} to {MAXIMUM}. For programs, a running server has the same
at `GET /openapi.json`: OpenAPI 3.1, of the newest version or of `?version=2.53`, without a token.
"""


def page() -> str:
    """The page."""
    resources = groupby(ROUTES, key=_resource)
    return markdown.page(
        "HTTP API",
        INTRODUCTION,
        f"## Operations\n\n{_operations()}",
        *(f"## {name}\n\n" + "\n".join(map(_section, routes)) for name, routes in resources),
    )


def _resource(route: Route) -> str:
    return route.path.split("/")[1] or "version"


def _life(row: Ranged, whole: Ranged | None = None) -> str:
    """The versions of a row; nothing if it lives as long as the whole that it is a part of."""
    if row.since <= (whole.since if whole else MINIMUM):
        return "" if row.until >= (whole.until if whole else MAXIMUM) else f"to {row.until}"
    return f"from {row.since}" if row.until == MAXIMUM else f"{row.since} to {row.until}"


def _alive(rows: Iterable[Row], whole: Ranged) -> list[Row]:
    return [row for row in rows if row.since <= whole.until and row.until >= whole.since]


def _operations() -> str:
    rows = [
        (r.method, _where(r), _life(r), r.success, code(r.rule or "") or "none") for r in ROUTES
    ]
    return table(("method", "path", "versions", "success", "policy rule"), rows)


def _where(route: Route) -> str:
    return code(route.path) + ("" if route.action is None else f" {code(route.action)}")


def _section(route: Route) -> str:
    life = _life(route)
    parts = [
        f"### {route.method} {route.path} {route.action or ''}".rstrip()
        + (f", {life}" if life else ""),
        route.note,
        f"In the path:\n\n{_params(route.names, route)}" if route.names else "",
        _query(route.query, route) if route.query else "",
        f"The body:\n\n{_params(route.body, route)}" if route.body else "",
        _whole("The body", route.whole_body),
        _answer(route.answer, route) if route.answer else "",
        _whole("The answer", route.whole_answer),
    ]
    return "\n\n".join(part.rstrip("\n") for part in parts if part) + "\n"


def _whole(what: str, schema: Schema | None) -> str:
    return f"{what}:\n\n```json\n{json.dumps(schema, indent=2)}\n```" if schema else ""


def _query(query: Query, route: Route) -> str:
    others = (
        "Other query parameters are refused."
        if query.closed_since <= route.since
        else f"Other query parameters are refused from {query.closed_since} on, and have no effect "
        "before."
    )
    return (
        f"Query parameters:\n\n{_params(query.params, route)}\n{others}" if query.params else others
    )


def _params(params: Iterable[Param], route: Route) -> str:
    rows = [
        (code(p.name), _life(p, route), _how(p), _schema(p.schema)) for p in _alive(params, route)
    ]
    return table(("name", "versions", "", "JSON Schema"), rows)


def _how(param: Param) -> str:
    return "required" if param.required else "not repeated" if param.single else ""


def _answer(answer: Answer, route: Route) -> str:
    what = "a list of records" if answer.many else "a record"
    beside = f", beside {' and '.join(map(code, answer.beside))}" if answer.beside else ""
    told = f"The answer: {what} under {code(answer.key)}{beside}."
    return f"{told}\n\n{_fields(answer, route)}" if answer.fields else told


def _fields(answer: Answer, route: Route) -> str:
    rows = [
        (code(f.name), _life(f, route), _presence(f, answer), _schema(f.schema))
        for f in _alive(answer.fields, route)
    ]
    return table(("field", "versions", "", "JSON Schema"), rows)


def _presence(field: Field[object, object], answer: Answer) -> str:
    return "" if answer.always is None or field.name in answer.always else "not in every record"


def _schema(schema: Schema | None) -> str:
    return code(json.dumps(schema)) if schema else ""
