"""What shows that a host cannot run instances any more, as kept in a cell (NEVER-TWICE F1)."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple, Protocol

from hostdown.domain.instance import Ended, Permit


class Proof(NamedTuple):
    """It covers the boot numbered `boot` and those before it, never a later one.

    `voided_at`: when one of them was heard after it, so that it covers nothing any more (F5).
    """

    host_id: str
    boot: int
    scope: str
    kind: str
    observed_at: datetime
    observer: str
    evidence: Mapping[str, object]
    voided_at: datetime | None = None


class ProofRows(Protocol):
    """The proofs of one cell."""

    def add(self, made: Proof) -> int:
        """Keep it; the answer is its number."""
        ...

    def covering(self, host_id: str, boot: int) -> list[tuple[int, Proof]]:
        """Those that cover this boot of a host, oldest first, with their numbers; no void one."""
        ...

    def void(self, host_id: str, boot: int, at: datetime) -> list[int]:
        """Those that cover it are void from now on; their numbers."""
        ...

    def voided(self, host_id: str) -> datetime | None:
        """When a proof of the host turned out to be void, as far as one did; the newest time."""
        ...


class DoubtRows(Protocol):
    """Permits that were ended by proofs which are void."""

    def ended_by(self, host_id: str, proof: int) -> list[Permit]:
        """The host's permits that this proof ended."""
        ...

    def doubt(self, seen: Permit, ended: Ended) -> None:
        """It is known from now on that what ended it proves nothing (`domain.permits.VOID`)."""
        ...

    def reopen(self, seen: Permit) -> Permit:
        """It is as it was before it was ended; a guest that was sent on it may have arrived.

        So it is one to run in any case, and nobody else may have one that is not ended.
        """
        ...
