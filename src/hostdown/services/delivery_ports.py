"""What the use cases need to tell others what happened."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from hostdown.domain.deliveries import Channel, Delivery, Ended, Telling


class DeadLetter(NamedTuple):
    """A delivery that nobody tries again; `replay_at`: when somebody asked to."""

    delivery: Delivery
    dead_at: datetime
    replay_at: datetime | None


class Which(NamedTuple):
    """Dead letters by what they have: they fit all of it; without any, all there are."""

    id: str | None = None
    channel: Channel | None = None
    receiver: str | None = None


class Waiting(NamedTuple):
    """A receiver that something waits for. `since`: when the oldest of that was made; `failure`:
    what the receiver said of it last."""

    channel: Channel
    receiver: str
    waiting: int
    since: datetime
    failure: str | None


class DeliveryRows(Protocol):
    """What is yet to be delivered. Only the leader adds, so rows come in their order."""

    def add(self, made: Sequence[Delivery]) -> None:
        """Those whose ids are not there."""
        ...

    def after(self, channel: Channel, number: int, limit: int) -> list[Delivery]:
        """The next ones, whoever gets them; no dead letters."""
        ...

    def next_of(self, channel: Channel, receiver: str, number: int, limit: int) -> list[Delivery]:
        """The same of one receiver; another channel may have one of its name."""
        ...

    def drop(self, ids: Sequence[str]) -> None:
        """These were delivered."""
        ...

    def failed(self, ended: Iterable[Ended]) -> None:
        """Keep what their receivers said last."""
        ...

    def waiting(self) -> list[Waiting]:
        """By receiver."""
        ...


class TellingRows(Protocol):
    """How events were told, for who looks how long that took."""

    def add(self, made: Sequence[Telling]) -> None:
        """Those that are not there."""
        ...

    def arrived(self, ended: Iterable[Ended]) -> None:
        """These were taken."""
        ...

    def of_host(self, host: str, since: datetime, limit: int) -> list[Telling]:
        """Of what happened to it since then, in its order."""
        ...

    def drop_oldest(self, before: datetime) -> int:
        """Drop what happened earlier; how many."""
        ...


class DeadLetterRows(Protocol):
    """Deliveries that were given up."""

    def bury(self, ended: Iterable[Ended], now: datetime) -> None:
        """Nobody tries these again."""
        ...

    def list(self, which: Which, limit: int) -> list[DeadLetter]:
        """Those of them that were given up last, the newest first."""
        ...

    def count(self, which: Which) -> int:
        """How many of them there are."""
        ...

    def replay(self, which: Which, now: datetime) -> int:
        """Ask for another try of these; how many there were."""
        ...

    def drop(self, which: Which) -> int:
        """Drop these, also those that somebody wants tried again; how many there were."""
        ...

    def raise_up(self, limit: int) -> int:
        """Make deliveries anew of those for which somebody asked that; how many."""
        ...

    def counts(self) -> Mapping[Channel, int]:
        """How many there are, by channel; a channel that has none is not in it."""
        ...

    def counts_of_receivers(self) -> Mapping[tuple[Channel, str], int]:
        """The same, of each receiver."""
        ...

    def drop_oldest(self, before: datetime) -> int:
        """Drop those that died earlier; how many."""
        ...

    def drop_first(self, channel: Channel, first: str, last: str, most: int) -> int:
        """Drop the oldest of all receivers whose names are between these, so many at most; how
        many."""
        ...


class Sender(Protocol):
    """One channel. Used by one thread, but for `wake`."""

    def begin(self, deliveries: Iterable[Delivery]) -> None:
        """Send these; what becomes of each is in an answer of `wait`, whatever happens."""
        ...

    def wait(self, timeout_s: float | None) -> list[Ended]:
        """Those that ended; waits for one that does, for `wake`, or so long."""
        ...

    def wake(self) -> None:
        """From any thread: there is something to send."""
        ...

    def close(self) -> None: ...
