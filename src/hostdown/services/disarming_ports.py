"""Where recovery is disarmed, as kept in a cell."""

from typing import Protocol

from hostdown.domain.disarming import Disarming, Where


class DisarmingRows(Protocol):
    """One for each place, at most."""

    def all(self) -> list[Disarming]:
        """Also those whose end has passed."""
        ...

    def put(self, made: Disarming) -> None:
        """In place of the one that is there, if there is one; under the ledger's lock."""
        ...

    def take(self, where: Where) -> bool:
        """Whether there was one."""
        ...
