"""What every application of the HTTP edge tells of its operations, for `/openapi.json`."""

from collections.abc import Mapping
from typing import Any, NamedTuple

Schema = Mapping[str, Any]

ANYTHING: Schema = {}

TOKEN: tuple[str, ...] = ("token",)
NO_TOKEN: tuple[str, ...] = ()
MAYBE_TOKEN: tuple[str, ...] = ("", "token")


class Described(NamedTuple):
    """One operation; schemas are JSON Schema.

    `path` is what follows the application's prefix. `answer` and `body` are None where there is
    none; `answer` is its media type where it is not JSON. `parameters` are OpenAPI's own objects.
    `faults`: by status, the body's schema, or the media type of a body that is not JSON. `security`
    has one of the three values above. `extras` are further keys of the OpenAPI operation.
    `further`: other successes, with their answers.
    """

    method: str
    path: str
    success: int = 200
    answer: Schema | str | None = None
    body: Schema | None = None
    parameters: tuple[Schema, ...] = ()
    faults: Mapping[int, Schema | str] = {}
    security: tuple[str, ...] = TOKEN
    extras: Mapping[str, object] = {}
    body_required: bool = True
    further: Mapping[int, Schema | None] = {}


def record(properties: Mapping[str, Schema], required: tuple[str, ...] | None = None) -> Schema:
    """An object that has these properties, all of them if it is not told which, and no others."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": [*(properties if required is None else required)],
        "additionalProperties": False,
    }


def in_path(name: str, schema: Schema) -> Schema:
    """The parameter that stands for `{name}`."""
    return {"name": name, "in": "path", "required": True, "schema": schema}
