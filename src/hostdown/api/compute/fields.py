"""Tables of what goes out (fields) and what comes in (parameters), compiled at start.

The rows are the document; what runs is a plain function per stretch of versions. A view is made by
source text because a list of 1,000 services is built for every answer: 0.5 ms instead of 0.9.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar, cast

from hostdown.api.compute.microversion import MAXIMUM, MINIMUM, Version, by_version
from hostdown.api.compute.types import Schema, closed
from hostdown.api.compute.validation import BodyForm, Validator, query_validator

Thing = TypeVar("Thing")
Context = TypeVar("Context")
Record = dict[str, object]
View = Callable[[Iterable[Thing], Context], list[Record]]


@dataclass(frozen=True)
class Field(Generic[Thing, Context]):
    """One key of an answer: an attribute of the thing, or what a function makes of the thing.

    `a.b` is an attribute's attribute. `given` names an attribute of the context, which the function
    then gets as second argument. `schema` is JSON Schema of the value, for documents (`types` has
    the common ones).
    """

    name: str
    value: str | Callable[[Thing], object] | Callable[[Thing, Any], object]
    given: str | None = None
    since: Version = MINIMUM
    until: Version = MAXIMUM
    schema: Schema | None = None


def views(fields: Iterable[Field[Thing, Context]]) -> dict[Version, View[Thing, Context]]:
    """For each version, the function that makes records of things; keys in the table's order."""
    return by_version(fields, _view)


def view(fields: Iterable[Field[Thing, Context]], version: Version) -> View[Thing, Context]:
    """The function for one version alone: for tables that come in many forms, made when asked."""
    return _view(tuple(field for field in fields if field.since <= version <= field.until))


def _view(fields: tuple[Field[Thing, Context], ...]) -> View[Thing, Context]:
    functions: dict[str, object] = {}
    pairs = []
    for number, field in enumerate(fields):
        for name in (field.value, field.given):
            if isinstance(name, str) and not all(map(str.isidentifier, name.split("."))):
                raise ValueError(f"field {field.name!r}: {name!r} is not an attribute")
        if isinstance(field.value, str):
            source = f"thing.{field.value}"
        else:
            functions[f"value_{number}"] = field.value
            second = "" if field.given is None else f", context.{field.given}"
            source = f"value_{number}(thing{second})"
        pairs.append(f"{field.name!r}: {source}")
    source = f"lambda things, context: [{{{', '.join(pairs)}}} for thing in things]"
    made = eval(source, functions)  # noqa: S307 - made of this program's own tables, at start
    return cast("View[Thing, Context]", made)


@dataclass(frozen=True)
class Param:
    """One key of a request body or one query parameter; `schema` is JSON Schema.

    `single`: a query parameter that may not be repeated.
    """

    name: str
    schema: Schema
    required: bool = False
    single: bool = False
    since: Version = MINIMUM
    until: Version = MAXIMUM


def nested(name: str, params: Sequence[Param], required: bool = False) -> tuple[Param, ...]:
    """Parameters below a key of the body: a row for each stretch of versions with the same ones."""
    alive_at = by_version(params, lambda alive: alive)
    rows: list[Param] = []
    for version, alive in alive_at.items():
        if rows and alive is alive_at[rows[-1].until]:
            rows[-1] = replace(rows[-1], until=version)
        else:
            inside = body_schema(alive, None)
            rows.append(Param(name, inside, required=required, since=version, until=version))
    return tuple(rows)


def bodies(
    params: Sequence[Param], action: str | None = None, nullable: bool = False
) -> dict[Version, BodyForm]:
    """For each version, the form of an object of these parameters and nothing else.

    With an `action`, of an object that has them under this key; `nullable`: or null.
    """
    return by_version(params, lambda alive: BodyForm(body_schema(alive, action, nullable)))


def body_schema(alive: Sequence[Param], action: str | None, nullable: bool = False) -> Schema:
    """The schema of such an object."""
    inside = closed(_schemas(alive), _required(alive))
    if nullable:
        inside = {**inside, "type": ["object", "null"]}
    return inside if action is None else closed({action: inside}, [action])


@dataclass(frozen=True)
class Query:
    """The query parameters of a route; from version `closed_since` on, no others are allowed.

    Except those whose names match `passing`: a handler has words of its own for them.
    """

    params: tuple[Param, ...]
    closed_since: Version
    passing: str | None = None

    def validators(self) -> dict[Version, Validator]:
        """For each version, the validator of all parameters with their values as lists."""

        def validator(alive: tuple[Param, ...], closed: bool) -> Validator:
            return query_validator(_lists(alive), closed, self.passing)

        opened = by_version(self.params, lambda alive: validator(alive, False))
        closed = by_version(self.params, lambda alive: validator(alive, True))
        return {v: (closed if v >= self.closed_since else opened)[v] for v in opened}


def _schemas(params: Sequence[Param]) -> dict[str, Schema]:
    return {param.name: param.schema for param in params}


def _lists(params: tuple[Param, ...]) -> dict[str, Schema]:
    """Each value of a query comes as a list."""
    once = {"maxItems": 1}
    return {
        param.name: {"type": "array", "items": param.schema, **(once if param.single else {})}
        for param in params
    }


def _required(params: Sequence[Param]) -> list[str]:
    return [param.name for param in params if param.required]
