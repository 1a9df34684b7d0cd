"""What a petter, and a host that looks at another one's slot, need from the outside."""

from typing import Protocol

from hostdown.domain.watchdog import Mark, Renewal, SlotContent


class Timer(Protocol):
    """A hardware timer that resets this machine. All raise WatchdogUnfit."""

    def check(self) -> None:
        """See to it that it is one by which a reset is certain; opens nothing."""
        ...

    def open(self) -> None:
        """Open it: from now on it resets the machine unless it is petted in time."""
        ...

    def pet(self) -> None:
        """Hold it off for its time again; it has to be open."""
        ...


class WatchSlots(Protocol):
    """The slots of watched hosts on one pool. All raise PoolAbsent, PoolFailed, PoolFull.

    Nothing is read or written through a cache of this machine.
    """

    def pool_id(self) -> str:
        """The pool's, by its marker."""
        ...

    def renew(self, host: str, renewal: Renewal) -> SlotContent:
        """Write it, in place, and say what the slot says after that."""
        ...

    def read(self, host: str) -> SlotContent:
        """What a slot says now, from the file opened anew."""
        ...

    def mark(self, host: str, mark: Mark) -> SlotContent:
        """Write it, durably, and say what the slot says after that; one of a later boot stays."""
        ...
