"""Bodies of the Identity API, held to a JSON Schema."""

from collections.abc import Mapping
from typing import Any

import orjson
from jsonschema import Draft202012Validator

from hostdown.api.identity.calls import Call
from hostdown.api.identity.errors import InputInvalid, RequestRefused
from hostdown.api.request import read_body

BODY_BYTES_MAX = 16384

Fields = Mapping[str, object]
Schemas = Mapping[str, Mapping[str, Any]]

ID = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": r"^[a-zA-Z0-9-]+\Z"}
ID_OR_NULL = {**ID, "type": ["string", "null"]}
TEXT = {"type": "string"}
TEXT_OR_NULL = {"type": ["string", "null"]}
BOOLEAN = {"type": "boolean"}
NONE = {"type": "object", "additionalProperties": False}
"""An object in which there may be nothing."""

_HIDDEN = frozenset({"password", "original_password"})
"""Fields whose values no answer repeats."""


class Body:
    """`{key: {…}}`; properties that the schema does not name are free, as in Keystone."""

    def __init__(self, key: str, properties: Schemas, required: tuple[str, ...] = ()) -> None:
        self._key = key
        schema: dict[str, Any] = {"type": "object", "properties": dict(properties)}
        if required:
            schema["required"] = list(required)
        else:
            schema["minProperties"] = 1
        Draft202012Validator.check_schema(schema)
        self._validator = Draft202012Validator(schema)
        self.schema = {"type": "object", "properties": {key: schema}, "required": [key]}

    def read(self, call: Call) -> Fields:
        """What the body says; raises RequestRefused, InputInvalid, BodyTooLarge."""
        try:
            parsed = orjson.loads(read_body(call.req.env, BODY_BYTES_MAX))
        except orjson.JSONDecodeError as error:
            raise RequestRefused(reason="the body is not JSON") from error
        wanted = parsed.get(self._key) if isinstance(parsed, dict) else None
        if not isinstance(wanted, dict):
            raise RequestRefused(reason=f"{self._key} is missing or is not an object")
        wrong = next(self._validator.iter_errors(wanted), None)
        if wrong is None:
            return wanted
        if not wrong.path:
            raise InputInvalid(reason=wrong.message)
        name = "/".join(map(str, wrong.path))
        told = "it has the wrong type" if name in _HIDDEN else wrong.message
        raise InputInvalid(reason=f"Invalid input for field '{name}': {told}")
