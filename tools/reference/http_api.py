"""docs/reference/http-api.md, from the tables of api/compute."""

import json
from collections.abc import Iterable

from tools.reference import markdown
from tools.reference.markdown import code, table

from hostdown.api.compute import os_services
from hostdown.api.compute.fields import Field, Param
from hostdown.api.compute.microversion import MAXIMUM, MINIMUM, Version
from hostdown.api.compute.routes import ROUTES

INTRODUCTION = f"""\
The OpenStack Compute API, microversions {MINIMUM} to {MAXIMUM}, under `/v2.1` with or without a
project in the path; `/v2` is the same at {MINIMUM} for clients older than microversions. A request
asks for a version with `OpenStack-API-Version: compute X.Y` or, as it used to be called,
`X-OpenStack-Nova-API-Version: X.Y`. What differs from Nova is in
[Differences](differences.md); everything that is not in the first table is answered with 404.
"""


def page() -> str:
    """The page."""
    return markdown.page(
        "HTTP API",
        INTRODUCTION,
        f"## Operations\n\n{_routes()}",
        "## PUT /os-services/{action}, up to 2.52\n\nThe body:\n\n"
        + _params(os_services.ON_HOST_BODY),
        f"The actions:\n\n{_actions()}",
        "## PUT /os-services/{id}, from 2.53 on\n\nThe body:\n\n"
        + _params(os_services.UPDATE_BODY),
        f"## A service in answers\n\n{_fields(os_services.FIELDS)}",
        f"From {os_services.PARTIAL_SINCE} on, a host whose cell does not answer is listed with "
        "`binary`, `host` and `status` (`UNKNOWN`) alone.",
        "## GET /os-services: query parameters\n\n" + _params(os_services.INDEX_QUERY.params),
        f"Other parameters are refused from {os_services.INDEX_QUERY.closed_since} on, and have no "
        "effect before.",
    )


def _life(since: Version, until: Version) -> str:
    return f"from {since}" if until == MAXIMUM else f"{since} to {until}"


def _routes() -> str:
    rows = [
        (r.method, code(r.path), _life(r.since, r.until), r.success, code(r.rule or "") or "none")
        for r in ROUTES
    ]
    return table(("method", "path", "versions", "success", "policy rule"), rows)


def _params(params: Iterable[Param]) -> str:
    rows = [
        (
            code(p.name),
            _life(p.since, p.until),
            "required" if p.required else "optional",
            code(json.dumps(p.schema)),
        )
        for p in params
    ]
    return table(("name", "versions", "", "JSON Schema"), rows)


def _actions() -> str:
    rows = [
        (
            code(a.name),
            _life(a.since, a.until),
            code(a.needs or "") or "nothing more",
            ", ".join(code(name) for name in a.answered),
        )
        for a in os_services.ACTIONS
    ]
    return table(("action", "versions", "needs in the body", "answers with"), rows)


def _fields(fields: Iterable[Field[os_services.Service, os_services.Shown]]) -> str:
    rows = [(code(f.name), _life(f.since, f.until), _from(f.value)) for f in fields]
    return table(("field", "versions", "from"), rows)


def _from(value: object) -> str:
    return code(value) if isinstance(value, str) else "computed"
