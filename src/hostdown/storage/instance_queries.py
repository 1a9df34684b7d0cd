"""Queries for instances: one statement for all queries of one shape, and what it compares with."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    bindparam,
    false,
    func,
    literal_column,
    or_,
    select,
)

from hostdown.services.instance_ports import InstanceQuery, Sort
from hostdown.storage.cell_tables import instances
from hostdown.storage.sql import ZERO, one_of, padded
from hostdown.storage.types import written

_C = instances.c
_NOTHING: ColumnElement[str] = literal_column("''")
"""Stands for an empty column where columns are compared; all that may be empty are texts."""


class Shape(NamedTuple):
    """What of a query its statement depends on: everything but the values."""

    deleted: bool
    equal: tuple[tuple[str, int, bool], ...]
    """Columns with the number of values one of which is wanted, and whether empty will do too."""
    changed_since: bool
    changed_before: bool
    alive: bool
    order: tuple[Sort, ...]
    after: bool
    limit: bool


def shape_of(query: InstanceQuery) -> Shape:
    """The shape of a query."""
    return Shape(
        query.deleted is not None,
        tuple((name, len(_known(values)), None in values) for name, values in query.equal),
        query.changed_since is not None,
        query.changed_before is not None,
        query.alive is not None,
        tuple(query.order),
        query.after is not None,
        query.limit is not None,
    )


def params_of(query: InstanceQuery, after: Mapping[str, object]) -> dict[str, object]:
    """What the statement of a query's shape compares with; `after` is the row of `query.after`."""
    params: dict[str, object] = {}
    single = (
        ("wanted_deleted", query.deleted),
        ("since", query.changed_since and written(query.changed_since)),
        ("before", query.changed_before and written(query.changed_before)),
        ("alive_from", query.alive and written(query.alive[0])),
        ("alive_to", query.alive and written(query.alive[1])),
        ("limit", query.limit),
    )
    params.update((name, value) for name, value in single if value is not None)
    for number, (_, values) in enumerate(query.equal):
        for place, value in enumerate(_known(values)):
            params[f"equal_{number}_{place}"] = value
    if query.after is not None:
        for sort in query.order:
            value = after[sort.column]
            params[f"after_{sort.column}"] = "" if value is None else value
    return params


def _known(values: Sequence[object]) -> list[object]:
    return padded([value for value in values if value is not None])


def statement_of(shape: Shape) -> Select[Any]:
    """The statement of every query of this shape."""
    where: list[ColumnElement[bool]] = []
    if shape.deleted:
        where.append(_C.deleted == bindparam("wanted_deleted"))
    by_host = any(name == _C.host.name for name, _, _ in shape.equal)
    for number, (name, count, empty) in enumerate(shape.equal):
        column: ColumnElement[Any] = _C[name]
        if by_host and name == _C.project_id.name:
            # SQLite cannot know that a host has fewer servers than a project: it would go through
            # all of the project's. What is wrapped, no index helps with.
            column = func.coalesce(column, _NOTHING)
        known = one_of(column, f"equal_{number}", count)
        where.append(or_(known, column.is_(None)) if empty else known)
    where += _at_times(shape)
    if shape.after:
        where += _behind(shape.order)
    found = select(instances).where(*where).order_by(*map(_ordered, shape.order))
    if not shape.limit:
        return found
    return found.offset(ZERO).limit(bindparam("limit", type_=BigInteger))


def _at_times(shape: Shape) -> list[ColumnElement[bool]]:
    ended = _C.terminated_at
    ways: list[tuple[bool, ColumnElement[bool]]] = [
        (shape.changed_since, _C.updated_at >= bindparam("since")),
        (shape.changed_before, _C.updated_at <= bindparam("before")),
        (shape.alive, _C.launched_at < bindparam("alive_to")),
        (shape.alive, or_(ended.is_(None), ended > bindparam("alive_from"))),
    ]
    return [way for asked, way in ways if asked]


def _param(name: str) -> ColumnElement[Any]:
    return bindparam(name)


def _ordered(sort: Sort) -> ColumnElement[Any]:
    column = _comparable(sort.column)
    return column.desc() if sort.descending else column.asc()


def _comparable(name: str) -> ColumnElement[Any]:
    """A column in which nothing is empty, so that every database puts empty ones first."""
    column = _C[name]
    return func.coalesce(column, _NOTHING) if column.nullable else column


def _behind(order: Sequence[Sort]) -> list[ColumnElement[bool]]:
    """Rows that come after a row: equal in the first columns, beyond it in the next one.

    The first column is compared once more alone: by that, an index finds where the page begins.
    """
    ways: list[ColumnElement[bool]] = []
    equal: list[ColumnElement[bool]] = []
    for sort in order:
        column, value = _comparable(sort.column), _param(f"after_{sort.column}")
        ways.append(and_(*equal, column < value if sort.descending else column > value))
        equal.append(column == value)
    if not ways:
        return []
    first, least = _comparable(order[0].column), _param(f"after_{order[0].column}")
    return [first <= least if order[0].descending else first >= least, or_(false(), *ways)]
