"""How lists are asked for in an address: conditions, order, pages."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from hostdown.api.alarm import fields, reading
from hostdown.api.alarm.fields import Fields, Test
from hostdown.domain.alarms import Operator
from hostdown.services.alarm_lists import LISTED_MAX, Listing

CONDITIONS_MAX = 32
"""On one list."""
SORT_KEYS_MAX = 8
"""Of one list."""

ALL_PROJECTS = "all_projects"
ALARM_FIELDS = (
    "user_id", "project_id", "type", "name", "enabled", "state", "severity", "timestamp",
    "repeat_actions",
)  # fmt: skip
"""What a list of alarms may be narrowed down by, besides `all_projects`."""
_SIGNS = dict(
    zip(
        (Operator.LT, Operator.LE, Operator.EQ, Operator.NE, Operator.GE, Operator.GT),
        ("<", "<=", "=", "!=", ">=", ">"),
        strict=True,
    )
)

Query = Mapping[str, Sequence[str]]


class Condition(NamedTuple):
    """`q.field`, `q.op` and `q.value`."""

    field: str
    op: Operator
    value: str


def conditions(query: Query) -> list[Condition]:
    """Those of a request, in their order; raises AlarmMalformed."""
    names, values, ops = (query.get(f"q.{each}", ()) for each in ("field", "value", "op"))
    if len(names) > CONDITIONS_MAX:
        raise reading.invalid("q", len(names), f"There are more than {CONDITIONS_MAX} conditions.")
    if len(values) != len(names) or len(ops) not in (0, len(names)):
        raise reading.invalid("q", "", "Each condition takes a field, an op and a value.")
    made = []
    for name, value, op in zip(names, values, ops or ["eq"] * len(names), strict=True):
        if op not in [*Operator]:
            raise reading.invalid("op", op, f"Value should be one of: {', '.join(Operator)}")
        made.append(Condition(name, Operator(op), value))
    return made


def tests(asked: Sequence[Condition], table: Fields, allowed: Sequence[str]) -> list[Test]:
    """One for each condition; raises AlarmMalformed."""
    made = []
    for each in asked:
        if each.field not in allowed:
            raise reading.invalid(
                "field", each.field, f"only fields {', '.join(allowed)} are allowed"
            )
        made.append(fields.test(table[each.field], _SIGNS[each.op], each.value))
    return made


def check_equal(asked: Sequence[Condition]) -> None:
    """Lists of alarms know no other comparison; raises AlarmMalformed."""
    for each in asked:
        if each.op is not Operator.EQ:
            raise reading.invalid("op", each.op, "only operations eq are allowed")


def listing(query: Query, table: Fields, wanted: Sequence[Test]) -> Listing[Any]:
    """A page; raises AlarmMalformed."""
    limit = LISTED_MAX
    if given := query.get("limit"):
        limit = _limit(given[-1])
    markers = query.get("marker", ())
    return Listing(
        includes=lambda record: all(each(record) for each in wanted),
        order=_order(query.get("sort", ()), table),
        limit=limit,
        marker=markers[-1] if markers else None,
    )


def _limit(given: str) -> int:
    if not re.fullmatch("0*[1-9][0-9]{0,17}", given):
        raise reading.invalid("limit", given, "it should be a positive integer.")
    return int(given)


def _order(asked: Sequence[str], table: Fields) -> list[tuple[str, bool]]:
    made = []
    for each in asked[:SORT_KEYS_MAX]:
        key, _, direction = each.partition(":")
        if key not in table or direction not in ("", "asc", "desc"):
            known = ", ".join(table)
            why = f"It is KEY, KEY:asc or KEY:desc, and the supported sort keys are: {known}"
            raise reading.invalid("sort", each, why)
        made.append((table[key].attribute, direction == "desc"))
    return made
