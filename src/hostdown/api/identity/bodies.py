"""Bodies of the Identity API, held to a JSON Schema."""

from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator

from hostdown.api.identity.calls import Call
from hostdown.api.identity.errors import InputInvalid
from hostdown.api.identity.requests import object_in, read_json
from hostdown.api.request import read_body

BODY_BYTES_MAX = 16384
"""A request to the Identity API; a larger one is answered with 413."""

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

    def __init__(self, key: str, properties: Schemas, **more: object) -> None:
        self._key = key
        schema = {"type": "object", "properties": dict(properties), **more}
        self._validator = Draft202012Validator(schema)
        self.schema = {"type": "object", "properties": {key: schema}, "required": [key]}

    def read(self, call: Call) -> Fields:
        """What the body says; raises Expected, InputInvalid, BodyTooLarge."""
        parsed = read_json(read_body(call.req.env, BODY_BYTES_MAX))
        wanted = object_in(parsed, self._key, "request body")
        wrong = next(self._validator.iter_errors(wanted), None)
        if wrong is None:
            return wanted
        if not wrong.path:
            hidden = {key: "***" for key in wanted if key in _HIDDEN}
            raise InputInvalid(name=self._key, value={**wanted, **hidden}, reason=wrong.message)
        name = wrong.path[-1]
        if name in _HIDDEN:
            raise InputInvalid(name=name, value="***", reason="It has the wrong type")
        raise InputInvalid(name=name, value=wrong.instance, reason=wrong.message)
