"""What flavors need from the directory's database; `ports` says how it is reached."""

from typing import Protocol

from hostdown.domain.model import Flavor


class FlavorRows(Protocol):
    """What servers can be given. There are as many as an operator wants people to choose from."""

    def lock(self) -> None:
        """Until the transaction ends nobody else changes a flavor or who may use it.

        Whoever wants to takes the lock first, then reads, so that what it decides by stays true.
        """
        ...

    def all(self) -> list[Flavor]:
        """Every flavor, by number."""
        ...

    def get(self, flavorid: str) -> Flavor | None:
        """By the id that people see."""
        ...

    def add(self, made: Flavor) -> Flavor:
        """A new one, whose id and name no other has; the answer has its number."""
        ...

    def replace(self, after: Flavor) -> None:
        """Write description and extra specs; nothing else of a flavor ever changes."""
        ...

    def remove(self, flavor: Flavor) -> None:
        """With the list of who may use it."""
        ...


class FlavorProjectRows(Protocol):
    """Which projects were let in to flavors. Of a public flavor it means nothing."""

    def of(self, flavor: Flavor) -> list[str]:
        """The projects of one flavor, by id."""
        ...

    def open_to(self, project_id: str) -> set[int]:
        """The numbers of the flavors that a project was let in to."""
        ...

    def add(self, flavor: Flavor, project_id: str) -> None: ...
    def remove(self, flavor: Flavor, project_id: str) -> None: ...
