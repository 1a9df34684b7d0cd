"""Validation by JSON Schema, draft 2020-12, with the API's words around the library's.

The library's sentences are the contract's, as is its order: type, properties, required keys,
unknown keys; the first error is told (contract 1.8).
"""

import re
import unicodedata
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, ValidationError, validators

from hostdown.api.compute.types import Schema, is_uuid, moment
from hostdown.api.errors import Invalid
from hostdown.domain.patterns import PatternInvalid, containing

Validator = Callable[[object], None]
"""Raises Invalid."""

# -------------------------------------------------------------------------------------- patterns


@cache
def _anchored(pattern: str) -> re.Pattern[str]:
    # `$` also matches before a final newline, and no API name may end in one (contract 10.4.56).
    return re.compile(pattern.removesuffix("$") + r"\Z" if pattern.endswith("$") else pattern)


def _pattern(
    _validator: object, pattern: str, instance: object, _schema: object
) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not _anchored(pattern).search(instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


# ---------------------------------------------------------------------------------------- numbers

Keyword = Callable[[Any, Any, Any, Any], Iterator[ValidationError]]


def _as_number(instance: object) -> object:
    """What a text that is a number stands for: bounds look at it as one (contract 1.8)."""
    for kind in (int, float):
        try:
            return kind(instance) if isinstance(instance, str) else instance
        except ValueError:
            pass
    return instance


def _of_number(name: str) -> Keyword:
    bound: Any = Draft202012Validator.VALIDATORS[name]

    def keyword(
        validator: object, limit: object, instance: object, schema: object
    ) -> Iterator[ValidationError]:
        yield from bound(validator, limit, _as_number(instance), schema) or ()

    return keyword


_extend: Any = validators.extend
_Draft = _extend(
    Draft202012Validator,
    {
        "pattern": _pattern,
        **{name: _of_number(name) for name in ("minimum", "maximum", "exclusiveMinimum")},
    },
)

# --------------------------------------------------------------------------------------- formats


class _NameRefused(Exception):
    """A name that nothing can have; its sentence is told as it is."""

    def __init__(self, exception: str = "") -> None:
        super().__init__(
            "An invalid 'name' value was provided. The name must be: printable characters"
            f"{exception}. Can not start or end with whitespace."
        )


FORMATS = FormatChecker(formats=())
"""The formats that the API has; `regex` by the engine that will use the pattern."""


@FORMATS.checks("regex", raises=PatternInvalid)
def _is_pattern(text: object) -> bool:
    if isinstance(text, str):
        containing(text)
    return True


@FORMATS.checks("date-time", raises=ValueError)
def _is_moment(text: object) -> bool:
    if isinstance(text, str):
        moment(text)
    return True


@FORMATS.checks("name", raises=_NameRefused)
def _is_name(value: object) -> bool:
    if isinstance(value, str) and not (value == value.strip() and all(map(_printable, value))):
        raise _NameRefused
    return True


@FORMATS.checks("zone-name", raises=_NameRefused)
def _is_zone_name(value: object) -> bool:
    # Where a server is asked for, `zone:host` names both.
    if isinstance(value, str) and ":" in value:
        raise _NameRefused(" except :")
    return _is_name(value)


@FORMATS.checks("base64", raises=ValueError)
def _is_base64(text: object) -> bool:
    if isinstance(text, str):
        b64decode("".join(text.split()), validate=True)
    return True


@FORMATS.checks("ipv4", raises=ValueError)
def _is_ipv4(text: object) -> bool:
    return not isinstance(text, str) or bool(IPv4Address(text))


@FORMATS.checks("ipv6", raises=ValueError)
def _is_ipv6(text: object) -> bool:
    return not isinstance(text, str) or bool(IPv6Address(text))


@FORMATS.checks("printable")
def _is_printable(value: object) -> bool:
    return not isinstance(value, str) or all(map(_printable, value))


@FORMATS.checks("uuid")
def _is_uuid(value: object) -> bool:
    return not isinstance(value, str) or is_uuid(value)


def _printable(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] in "LMNPS" or category == "Zs"


# ------------------------------------------------------------------------------------ validators


def _first_error(schema: Schema) -> Callable[[object], ValidationError | None]:
    errors = _Draft(schema, format_checker=FORMATS).iter_errors
    return lambda value: next(errors(value), None)


class BodyForm:
    """What the bodies of one operation look like."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._first_error = _first_error(schema)

    def check(self, body: object) -> None:
        """Raises Invalid."""
        error = self._first_error(body)
        if error is None:
            return
        if isinstance(error.cause, _NameRefused):
            raise Invalid(reason=str(error.cause))
        if not error.path:
            raise Invalid(reason=error.message)
        raise Invalid(
            reason=f"Invalid input for field/attribute {error.path[-1]}. "
            f"Value: {error.instance}. {error.message}"
        )

    def forgiven(self, body: object) -> object:
        """The body as /v2 takes it: no unknown keys, no blanks around names (contract 1.9)."""
        return _forgiven(self._schema, body)


def query_validator(
    properties: Mapping[str, Schema], closed: bool, passing: str | None = None
) -> Validator:
    """A validator of query parameters, each an array.

    `closed` allows no others, except those whose names match `passing`.
    """
    schema = {"type": "object", "properties": dict(properties), "additionalProperties": not closed}
    if passing is not None:
        schema["patternProperties"] = {passing: {}}
    first_error = _first_error(schema)

    def validate(query: object) -> None:
        error = first_error(query)
        if error is None:
            return
        if not error.path:
            raise Invalid(reason=error.message)
        raise Invalid(
            reason=f"Invalid input for query parameters {error.path[0]}. "
            f"Value: {error.instance}. {error.message}"
        )

    return validate


def _forgiven(schema: Schema, value: object) -> object:
    """Where a schema says what keys look like, as for metadata, none is dropped."""
    if isinstance(value, dict) and _drops_unknown(schema):
        known = schema["properties"]
        return {key: _forgiven(known[key], each) for key, each in value.items() if key in known}
    if isinstance(value, list):
        return [_forgiven(schema.get("items", {}), each) for each in value]
    if isinstance(value, str) and _names_something(schema):
        return value.strip()
    return value


def _drops_unknown(schema: Schema) -> bool:
    return schema.get("additionalProperties") is False and "patternProperties" not in schema


def _names_something(schema: Schema) -> bool:
    alternatives = (schema, *schema.get("oneOf", ()))
    return any(each.get("format") in ("name", "zone-name") for each in alternatives)
