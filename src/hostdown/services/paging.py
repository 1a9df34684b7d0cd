"""Order and pages of lists that are made here, of all records, so that they mean the same on every
database."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from hostdown.domain.paging_errors import MarkerNotFound

T = TypeVar("T")


def sort(records: list[T], order: Iterable[tuple[str, bool]]) -> None:
    """By fields, the first one first, each with whether it descends; None is below all else."""
    for field, descends in reversed(tuple(order)):
        records.sort(key=lambda each: _place(getattr(each, field)), reverse=descends)


def _place(value: object) -> tuple[bool, object]:
    return value is not None, value


def behind(records: Sequence[T], key: Callable[[T], str], marker: str | None) -> Sequence[T]:
    """Those that follow the one with this key; all for None. Raises MarkerNotFound."""
    if marker is None:
        return records
    for number, each in enumerate(records, 1):
        if key(each) == marker:
            return records[number:]
    raise MarkerNotFound(marker=marker)
