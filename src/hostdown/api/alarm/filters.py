"""Conditions put together in JSON: `{"and": [{"=": {"name": "a"}}, {"not": ...}]}`."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from hostdown.api.alarm import fields, reading
from hostdown.api.alarm.fields import Fields, Test
from hostdown.domain.alarm_errors import AlarmMalformed, OwnerNotAuthorized
from hostdown.services.alarm_lists import LISTED_MAX, Listing

DEPTH_MAX = 16
"""Of conditions within conditions."""
CONDITIONS_MAX = 256
"""In one filter."""
TEXT_CHARS_MAX = 32_768
"""Of a filter, or of an order."""
ORDER_MAX = 8
"""Fields that a list is sorted by."""

_SIGNS = {
    each: each for each in ("=", "!=", "<", ">", "<=", ">=", "=~")
} | {"=<": "<=", "=>": ">="}  # fmt: skip
_ONE = "takes an object with one member"


class Scope(NamedTuple):
    """A project that is all that the asker may ask for, None for everything, and the fields that
    say whose a record is."""

    project_id: str | None
    owners: tuple[str, ...]


def listing(body: bytes, table: Fields, scope: Scope) -> Listing[Any]:
    """What a body with `filter`, `orderby` and `limit` asks for.

    Raises AlarmMalformed; OwnerNotAuthorized for who asks for what is others'.
    """
    given = reading.members(reading.document(body) if body else {}, ("filter", "orderby", "limit"))
    text = reading.optional_text(given, "filter", TEXT_CHARS_MAX)
    order = reading.optional_text(given, "orderby", TEXT_CHARS_MAX)
    made: Listing[Any] = Listing(limit=_limit(given.get("limit")))
    if text is not None:
        expression = _parsed(text, "Filter expression")
        made = made._replace(includes=_Filter(table, scope).test(expression))
    if order is not None:
        made = made._replace(order=_order(_parsed(order, "Order-by expression"), table))
    return made


def _parsed(text: str, what: str) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise AlarmMalformed(reason=f"{what} not valid: {error}") from error


def _limit(given: object) -> int:
    if given is None:
        return LISTED_MAX
    if not isinstance(given, int) or isinstance(given, bool):
        raise reading.invalid("limit", given, "Value should be an integer")
    if given <= 0:
        raise AlarmMalformed(reason="Limit should be positive")
    return given


def _order(given: object, table: Fields) -> list[tuple[str, bool]]:
    if not isinstance(given, list) or len(given) > ORDER_MAX:
        raise AlarmMalformed(
            reason=f"Order-by expression not valid: it is a list of at most {ORDER_MAX} objects"
        )
    made = []
    for each in given:
        name, direction = _only(each, "Order-by expression not valid: an element of it")
        words = str(direction).lower()
        if name not in table or words not in ("asc", "desc"):
            reason = (
                f"Order-by expression not valid: {reading.shown(each)} is no FIELD: asc or desc"
            )
            raise AlarmMalformed(reason=reason)
        made.append((table[name].attribute, words == "desc"))
    return made


def _refused(why: str) -> AlarmMalformed:
    return AlarmMalformed(reason=f"Filter expression not valid: {why}")


def _only(given: object, what: str) -> tuple[str, Any]:
    if not isinstance(given, Mapping) or len(given) != 1:
        raise AlarmMalformed(reason=f"{what} {_ONE}")
    ((name, value),) = given.items()
    return str(name), value


class _Filter:
    """Makes a test of one expression."""

    def __init__(self, table: Fields, scope: Scope) -> None:
        self._table = table
        self._scope = scope
        self._left = CONDITIONS_MAX
        self._makers: dict[str, Callable[[Any, int], Test]] = {
            "and": lambda given, depth: _all(self._parts(given, depth)),
            "or": lambda given, depth: _any(self._parts(given, depth)),
            "not": lambda given, depth: _not(self.test(given, depth + 1)),
            "in": lambda given, _: self._in(given),
        }

    def test(self, given: object, depth: int = 0) -> Test:
        """Raises AlarmMalformed, OwnerNotAuthorized."""
        if depth > DEPTH_MAX:
            raise _refused(f"conditions are within conditions, {DEPTH_MAX} deep")
        word, inner = _only(given, "Filter expression not valid: a condition")
        maker = self._makers.get(word.lower())
        if maker is not None:
            return maker(inner, depth)
        if word not in _SIGNS:
            raise _refused(f"there is no operator {reading.shown(word)}")
        name, value = self._field(word, inner)
        return self._leaf(_SIGNS[word], name, value)

    def _parts(self, given: object, depth: int) -> Iterator[Test]:
        if not isinstance(given, list) or len(given) < 2:
            raise _refused("and and or take a list of two or more")
        return iter([self.test(each, depth + 1) for each in given])

    def _in(self, given: object) -> Test:
        name, values = self._field("in", given)
        if not isinstance(values, list) or not values:
            raise _refused("in takes a list of values")
        return _any(iter([self._leaf("=", name, each) for each in values]))

    def _field(self, word: str, given: object) -> tuple[str, Any]:
        name, value = _only(given, f"Filter expression not valid: {word}")
        if name not in self._table:
            known = ", ".join(self._table)
            raise _refused(f"there is no field {reading.shown(name)}; fields are: {known}")
        return name, value

    def _leaf(self, op: str, name: str, value: object) -> Test:
        self._left -= 1
        if self._left < 0:
            raise _refused(f"there are more than {CONDITIONS_MAX} conditions")
        if not isinstance(value, str | int | float):
            raise _refused(f"{name} is compared with a text, a number, true or false")
        own = self._scope.project_id
        if own is not None and name in self._scope.owners and value != own:
            raise OwnerNotAuthorized(aspect="project", owner=reading.shown(value))
        return fields.test(self._table[name], op, value)


def _all(parts: Iterator[Test]) -> Test:
    every = list(parts)
    return lambda record: all(each(record) for each in every)


def _any(parts: Iterator[Test]) -> Test:
    every = list(parts)
    return lambda record: any(each(record) for each in every)


def _not(part: Test) -> Test:
    return lambda record: not part(record)
