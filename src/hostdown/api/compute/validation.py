"""Validation by JSON Schema, draft 2020-12, with the API's words around the library's.

The library's sentences are the contract's, as is its order: type, properties, required keys,
unknown keys; the first error is told (contract 1.8).
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, ValidationError, validators

from hostdown.api.compute.types import moment
from hostdown.api.errors import Invalid
from hostdown.domain.patterns import PatternInvalid, containing

Schema = Mapping[str, Any]
Validator = Callable[[object], None]
"""Raises Invalid."""


@cache
def _anchored(pattern: str) -> re.Pattern[str]:
    # `$` also matches before a final newline, and no API name may end in one (contract 10.4.56).
    return re.compile(pattern.removesuffix("$") + r"\Z" if pattern.endswith("$") else pattern)


def _pattern(
    _validator: object, pattern: str, instance: object, _schema: object
) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not _anchored(pattern).search(instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


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


_extend: Any = validators.extend
_Draft = _extend(Draft202012Validator, {"pattern": _pattern})


def _first_error(schema: Schema) -> Callable[[object], ValidationError | None]:
    _Draft.check_schema(schema)
    errors = _Draft(schema, format_checker=FORMATS).iter_errors
    return lambda value: next(errors(value), None)


def body_validator(properties: Mapping[str, Schema], required: Sequence[str]) -> Validator:
    """A validator of objects that have these properties and no others."""
    schema: dict[str, Any] = {"type": "object", "properties": dict(properties)}
    if required:
        schema["required"] = list(required)
    schema["additionalProperties"] = False
    first_error = _first_error(schema)

    def validate(body: object) -> None:
        error = first_error(body)
        if error is None:
            return
        if not error.path:
            raise Invalid(reason=error.message)
        raise Invalid(
            reason=f"Invalid input for field/attribute {error.path[-1]}. "
            f"Value: {error.instance}. {error.message}"
        )

    return validate


def query_validator(properties: Mapping[str, Schema], closed: bool) -> Validator:
    """A validator of query parameters, each an array; `closed` allows no others."""
    first_error = _first_error(
        {
            "type": "object",
            "properties": dict(properties),
            "additionalProperties": not closed,
        }
    )

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
