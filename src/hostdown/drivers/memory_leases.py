"""Leases in memory: for simulated hosts, and for tests of what stands on leases."""

import threading
from collections.abc import Callable
from datetime import datetime

from hostdown.domain.assignment import Holder
from hostdown.domain.lease import ChainBroken, Lease, end_of_chain
from hostdown.domain.lease_text import SLOTS, Bulletin, Claim, LeaseState, next_write
from hostdown.domain.pool_errors import LeaseUnreadable


class _Directory:
    def __init__(self) -> None:
        self.slots: list[Bulletin | None] = [None] * SLOTS
        self.claims: dict[int, Claim] = {}


class MemoryLeases:
    """`agent.ports.Leases` that several simulated hosts may share."""

    def __init__(self) -> None:
        self._directories: dict[str, _Directory] = {}
        self._lock = threading.Lock()

    def read(self, instance: str) -> Lease | None:
        """As LeaseFiles."""
        with self._lock:
            found = self._directories.get(instance, _Directory())
            successor: Callable[[int], Claim | None] = found.claims.get
            try:
                return end_of_chain(found.slots, successor)
            except ChainBroken as error:
                raise LeaseUnreadable(instance=instance, reason=error) from error

    def claim(self, claim: Claim, after: int) -> Claim:
        """As LeaseFiles."""
        with self._lock:
            if after == 0:
                self._directories.setdefault(claim.instance, _Directory())
            return self._known(claim.instance).claims.setdefault(after, claim)

    def write(
        self,
        instance: str,
        holder: Holder,
        state: LeaseState,
        following: Holder | None,
        data_gen: int,
    ) -> None:
        """As LeaseFiles."""
        with self._lock:
            slots = self._known(instance).slots
            slot, bulletin = next_write(slots, holder, state, following, data_gen)
            slots[slot] = bulletin

    def clean(self, instance: str, host: str) -> None:
        """Nothing is ever left behind."""

    def sweep(self, now: datetime) -> None:
        """Forget what was deleted: nobody comes late in one process."""
        with self._lock:
            for instance, found in list(self._directories.items()):
                lease = end_of_chain(found.slots, found.claims.get)
                if lease is not None and lease.state is LeaseState.DELETED:
                    del self._directories[instance]

    def _known(self, instance: str) -> _Directory:
        try:
            return self._directories[instance]
        except KeyError:
            raise LeaseUnreadable(instance=instance, reason="it is gone") from None
