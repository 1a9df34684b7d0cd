"""From method and path to a row of a table of routes that have no versions."""

import re
from collections.abc import Iterable
from typing import Generic, Protocol, TypeVar

from hostdown.api.errors import MethodNotAllowed, NoRoute


class Row(Protocol):
    """`{name}` in its path stands for one segment."""

    @property
    def method(self) -> str:
        """HEAD goes where GET goes."""
        ...

    @property
    def path(self) -> str:
        """Begins with a slash and ends without one, or is empty."""
        ...


RowT = TypeVar("RowT", bound=Row)


class RouteTable(Generic[RowT]):
    """All rows of an application, compiled once; the first that fits counts."""

    def __init__(self, rows: Iterable[RowT]) -> None:
        self._rows = [(_pattern(row.path), row) for row in rows]

    def find(self, method: str, path: str) -> tuple[RowT, dict[str, str]]:
        """The row, and what stands for the names in its path.

        Raises NoRoute, and MethodNotAllowed for a path that takes other methods.
        """
        wanted = "GET" if method == "HEAD" else method
        others = []
        for pattern, row in self._rows:
            names = pattern.fullmatch(path)
            if names is not None and row.method == wanted:
                return row, names.groupdict()
            if names is not None:
                others.append(row.method)
        if others:
            raise MethodNotAllowed(methods=", ".join(others))
        raise NoRoute


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path)))
