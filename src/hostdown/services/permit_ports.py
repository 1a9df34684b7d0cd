"""What shows that a host cannot run instances any more, as kept in a cell (NEVER-TWICE F1)."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple, Protocol


class Proof(NamedTuple):
    """It covers the boot numbered `boot` and those before it, never a later one."""

    host_id: str
    boot: int
    scope: str
    kind: str
    observed_at: datetime
    observer: str
    evidence: Mapping[str, object]


class ProofRows(Protocol):
    """The proofs of one cell."""

    def add(self, made: Proof) -> int:
        """Keep it; the answer is its number."""
        ...

    def covering(self, host_id: str, boot: int) -> list[tuple[int, Proof]]:
        """Those that cover this boot of a host, oldest first, with their numbers."""
        ...
