"""Counts of pulses in memory that all processes of a server share.

The supervisor makes it before any fork, so it outlives the observer that writes it; whoever answers
/healthz reads it. There is one writer, but for a moment during a reload.
"""

import mmap
from collections.abc import Mapping
from struct import Struct

from hostdown.domain.pulse import LOST, TAKEN, UNANSWERED, Refused

__all__ = ["LOST", "TAKEN", "UNANSWERED", "Tally"]

_NAMES = (TAKEN, LOST, UNANSWERED, *map(str, Refused))
_NUMBERS = Struct(f"={len(_NAMES)}Q")


class Tally:
    """Numbers by name: of pulses that counted, that the kernel lost, that were refused and why."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _NUMBERS.size)

    def write(self, numbers: Mapping[str, int]) -> None:
        """Replace all of them."""
        _NUMBERS.pack_into(self._memory, 0, *(numbers[name] for name in _NAMES))

    def read(self) -> dict[str, int]:
        """All of them, as they were written last."""
        return dict(zip(_NAMES, _NUMBERS.unpack_from(self._memory), strict=True))
