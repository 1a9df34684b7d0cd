"""What leadership needs from a cell's database."""

from typing import NamedTuple, Protocol


class Led(NamedTuple):
    """The row as it was seen. `term` grows with each change of the holder."""

    holder: str
    term: int
    beats: int


class LeaderRows(Protocol):
    """The leaders of one cell."""

    def get(self, name: str) -> Led | None:
        """As it is now; None before the first one."""
        ...

    def put(self, name: str, seen: Led | None, after: Led) -> bool:
        """Write `after` over `seen`; False if the row is not as seen."""
        ...
