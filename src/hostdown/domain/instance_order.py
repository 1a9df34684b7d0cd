"""The order of a list of instances, for what a database cannot sort: other cells, made-up columns.

It is the databases' order: texts by code point, and what is empty before everything else.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from hostdown.domain.instance import Instance


class Key(NamedTuple):
    """What to order by. `column` is the database's name of it, None where it has none."""

    column: str | None
    value: Callable[[Instance], Any]
    """Of one type for all instances; never None."""
    descending: bool


def column(name: str, descending: bool) -> Key:
    """A column of the database; what is empty counts as the least."""
    return Key(name, _READ.get(name) or _text(name), descending)


def _text(name: str) -> Callable[[Instance], Any]:
    return lambda instance: getattr(instance, name) or ""


def _number(name: str) -> Callable[[Instance], Any]:
    return lambda instance: getattr(instance, name)


def _time(name: str) -> Callable[[Instance], Any]:
    return lambda instance: getattr(instance, name) or datetime.min


_READ: dict[str, Callable[[Instance], Any]] = {
    "image_id": lambda instance: "" if instance.image is None else instance.image.id,
    **{name: _number(name) for name in ("id", "power_state")},
    **{name: _time(name) for name in ("created_at", "updated_at", "launched_at", "terminated_at")},
}


def in_order(instances: Iterable[Instance], order: Sequence[Key]) -> list[Instance]:
    """All of them, sorted."""
    found = list(instances)
    for key in reversed(order):
        found.sort(key=key.value, reverse=key.descending)
    return found


def is_behind(instance: Instance, other: Instance, order: Sequence[Key]) -> bool:
    """Does `instance` come after `other`?"""
    for key in order:
        mine, its = key.value(instance), key.value(other)
        if mine != its:
            return bool(mine < its if key.descending else mine > its)
    return False
