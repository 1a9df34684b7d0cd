"""flavors/{id}/os-extra_specs: further properties of flavors (contract 6.6)."""

from collections.abc import Mapping
from typing import Any

from hostdown.api.compute.call import Call
from hostdown.api.compute.errors import ExtraSpecMismatch
from hostdown.api.compute.fields import Param, Query
from hostdown.api.compute.flavor_records import EXTRA_SPECS, change, viewer
from hostdown.api.compute.microversion import Version
from hostdown.api.compute.route import Answer, Route
from hostdown.api.compute.types import Schema
from hostdown.api.rights import IS_ADMIN
from hostdown.domain import extra_specs
from hostdown.domain.flavor_errors import ExtraSpecNotFound
from hostdown.services import flavors

_CHECKED_SINCE = Version(2, 86)


def index(call: Call) -> object:
    """GET /flavors/{id}/os-extra_specs."""
    call.authorize()
    return {"extra_specs": _of_flavor(call)}


def show(call: Call) -> object:
    """GET /flavors/{id}/os-extra_specs/{key}."""
    call.authorize()
    key, specs = call.names["key"], _of_flavor(call)
    if key not in specs:
        raise ExtraSpecNotFound(flavor_id=call.names["id"], key=key)
    return {key: specs[key]}


def _of_flavor(call: Call) -> Mapping[str, str]:
    return flavors.find(call.parts.directory, call.names["id"], viewer(call)).extra_specs


def create(call: Call) -> object:
    """POST /flavors/{id}/os-extra_specs: beside those that are there."""
    call.authorize()
    _set(call, call.body["extra_specs"])
    return call.body


def update(call: Call) -> object:
    """PUT /flavors/{id}/os-extra_specs/{key}."""
    call.authorize()
    if call.names["key"] not in call.body:
        raise ExtraSpecMismatch
    _set(call, call.body)
    return call.body


def _set(call: Call, asked: Mapping[str, Any]) -> None:
    """Numbers are kept as text."""
    specs = {key: str(value) for key, value in asked.items()}
    if call.version >= _CHECKED_SINCE:
        for key, value in specs.items():
            extra_specs.check(key, value)
    flavors.set_extra_specs(call.parts.directory, change(call), call.names["id"], specs)


def delete(call: Call) -> None:
    """DELETE /flavors/{id}/os-extra_specs/{key}."""
    call.authorize()
    flavors.drop_extra_spec(call.parts.directory, change(call), call.names["id"], call.names["key"])


# ------------------------------------------------------------------------------- bodies and routes

_SPECS: Schema = {
    "type": "object",
    "propertyNames": {"pattern": "^[^\n]*$"},
    "patternProperties": {
        "^[a-zA-Z0-9-_:. ]{1,255}$": {
            "type": ["string", "number"],
            "maxLength": 255,
            "pattern": "^[^\x00]*$",
        }
    },
    "additionalProperties": False,
}
_ONE_SPEC = {**_SPECS, "minProperties": 1, "maxProperties": 1}

_ALL = "/flavors/{id}/os-extra_specs"
_ONE = "/flavors/{id}/os-extra_specs/{key}"
_QUERY = Query((), closed_since=Version(2, 102))
_ANSWER = Answer("extra_specs", ())
_SEEN_BY = (IS_ADMIN,)
_TEXT_UNDER_KEY = "The answer: the text under its key."

ROUTES = (
    Route(
        "GET",
        _ALL,
        index,
        f"{EXTRA_SPECS}:index",
        query=_QUERY,
        answer=_ANSWER,
        more_rules=_SEEN_BY,
    ),
    Route(
        "POST",
        _ALL,
        create,
        f"{EXTRA_SPECS}:create",
        body=(Param("extra_specs", _SPECS, required=True),),
        answer=_ANSWER,
        note="From 2.86 on, a name that Nova gives a meaning must have a value with a meaning.",
        more_rules=_SEEN_BY,
    ),
    Route(
        "GET",
        _ONE,
        show,
        f"{EXTRA_SPECS}:show",
        query=_QUERY,
        note=_TEXT_UNDER_KEY,
        more_rules=_SEEN_BY,
    ),
    Route(
        "PUT",
        _ONE,
        update,
        f"{EXTRA_SPECS}:update",
        whole_body=_ONE_SPEC,
        note=_TEXT_UNDER_KEY,
        more_rules=_SEEN_BY,
    ),
    Route("DELETE", _ONE, delete, f"{EXTRA_SPECS}:delete", more_rules=_SEEN_BY),
)
