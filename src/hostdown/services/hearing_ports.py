"""What is kept of what hosts say they have, in a cell's database (NEVER-TWICE P5)."""

from datetime import datetime
from typing import NamedTuple, Protocol

from hostdown.domain.assignment import Had


class Hearing(NamedTuple):
    """All hosts were asked what they have, with number `asked`; up to `heard` they have said.

    `ahead` is the highest number that one of them has seen, if it is above the ledger's: then the
    database has lost commits.
    """

    asked: int
    heard: int
    ahead: int

    @property
    def goes_on(self) -> bool:
        """Whether hosts are still to be heard, so that nothing may be granted."""
        return self.asked > self.heard


class Standing(NamedTuple):
    """The ledger, and how far one host is with it.

    `version`: the number with which its assignments changed last, 0 before the first; `settled`:
    the newest at which it had nothing else left; `told`: the newest question that it has answered,
    -1 if nothing is known of it.
    """

    database_id: str = ""
    number: int = 0
    hearing: Hearing = Hearing(0, 0, 0)
    version: int = 0
    settled: int = 0
    told: int = -1


class HearingRows(Protocol):
    """Who was asked, and who has said."""

    def standing(self, host_id: str) -> Standing:
        """All that is said here of one host, as of one moment."""
        ...

    def now(self) -> Hearing:
        """How far it is."""
        ...

    def ask(self, number: int, ahead: int = 0) -> None:
        """Ask all hosts; `number` is this transaction's (`Ledger.next`)."""
        ...

    def tell(self, host_id: str, asked: int) -> None:
        """It has answered this one."""
        ...

    def hosts(self, asked: int) -> set[str]:
        """The hosts that have answered it."""
        ...

    def end(self, asked: int) -> None:
        """All were heard; what hosts have seen is below the ledger's number from now on."""
        ...


class Stranger(NamedTuple):
    """What a host has, or was seen to have, and no permit says so."""

    host_id: str
    host: str
    had: Had
    seen_at: datetime


class StrangerRows(Protocol):
    """Those of one cell."""

    def of_host(self, host_id: str) -> list[Stranger]:
        """By instance."""
        ...

    def of_instance(self, uuid: str) -> list[Stranger]:
        """By generation."""
        ...

    def put(self, seen: Stranger) -> None:
        """In place of what was known of this instance on this host."""
        ...

    def remove(self, host_id: str, uuid: str) -> None:
        """It is not there any more, or no stranger."""
        ...
