"""What a host's worker works with and on, and the steps by which it goes."""

import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple, Protocol

from hostdown.agent.guests import Guests, Passages
from hostdown.agent.notes import Notes
from hostdown.agent.pools import NO_POOL, Pool
from hostdown.agent.ports import BootClock, Copies, Disks, Leases
from hostdown.domain.assignment import Assignment, Holder, Outcome

GRACE_S = 60.0
"""What a guest gets to shut down by itself, as in Nova (`shutdown_timeout`)."""

SETTLE_S = 1.0
"""Before the first `cont` over a holder that did not give up: its last writes land (S6)."""

SETTLE_WITHOUT_LOCKS_S = 3.0
"""The same where no lock keeps it from writing: it has seen the claim and is dead by then (S5)."""

READ_AGE_MAX_S = 1.0
"""Between the last look at the lease and `cont` (S4)."""

WORD_AGE_MAX_S = 30.0
"""Since the server was asked what it wants, and answered: nothing starts on an older word (S1).

An agent that stood still for long may have been asked to give up meanwhile what it was about to
start. Longer than a server takes to start anew."""


SEND_S_PER_GIB = 800.0
"""How long the sending of a guest may take for each GiB of its memory, and at least of two.

As in Nova (`live_migration_completion_timeout`); then it is recalled."""


class Step(StrEnum):
    """Each is announced right before it is done. Numbers are those of NEVER-TWICE."""

    BEGUN = "S1 note that a claim may be made"
    CLAIM = "S2 claim"
    BULLETIN = "S2 bulletin"
    DISK = "S2 disk"
    CREATE = "S3 create paused"
    RAN = "S3 bulletin: this generation runs"
    UNSAVE = "S3 forget the saved memory"
    READ = "S4 read the lease again"
    SETTLE = "S5 wait"
    GO = "S6 cont"
    PAUSE = "pause"
    SAVE = "save the memory"
    END = "end the guest"
    SYNC = "sync the disk"
    SURRENDER = "W3 note that it is given up"
    KILL = "W3 kill the guest"
    FREE = "W3 bulletin: free"
    TOMBSTONE = "bulletin: deleted"
    REMOVE = "remove the disk"
    ASIDE = "set the copy aside"
    NOTE = "note that the order is done"
    TELL = "tell the outcome"
    EXPECT = "M1 note that it is awaited"
    LEAVE = "M1 note whom it is sent to"
    MOVING = "M1 bulletin: moving"
    SEND = "M1 send"
    SENT = "M1 note that it is sent"
    HANDOVER = "M1 claim for the next host"
    HELD = "M1 bulletin: held again"


class Standing(NamedTuple):
    """Which host this is, on which boot: by the server's number and by the kernel's id."""

    host: str
    boot: int
    boot_id: str


class Teller(Protocol):
    """Tells the server what came of its orders."""

    def tell(self, outcome: Outcome) -> None:
        """Take it over. It is durable already, and may come again."""
        ...

    def mention(self, outcome: Outcome) -> None:
        """The same of what may be lost: only where nothing of the instance waits to be told."""
        ...


class Word:
    """The server's newest word, and how old it is; one that nobody keeps up never gets old.

    Safe between threads: each field is read and written at once.
    """

    def __init__(self) -> None:
        self._asked_at = math.inf
        self._wanted: Mapping[str, Assignment] | None = None

    def heard(self, asked_at: float) -> None:
        """It answered a question that was asked then, in seconds since the machine's boot."""
        self._asked_at = asked_at

    def says(self, wanted: Mapping[str, Assignment]) -> None:
        """What may be claimed here, to run it or to delete it."""
        self._wanted = wanted

    def stands(self, asked: Assignment, now: float) -> bool:
        """Whether what was asked for is still wanted, as far as anybody here can know."""
        wanted = self._wanted
        if now - self._asked_at > WORD_AGE_MAX_S:
            return False
        newest = asked if wanted is None else wanted.get(asked.uuid)
        return newest is not None and _order(newest) == _order(asked)


def _order(of: Assignment) -> tuple[int, int, int, str]:
    return of.generation, of.boot, of.order, of.wanted


class Live:
    """The guests whose leases are watched. Safe between threads."""

    def __init__(self) -> None:
        self._holders: dict[str, Holder] = {}
        self._lock = threading.Lock()

    def hold(self, uuid: str, holder: Holder) -> None:
        """Watch it from now on."""
        with self._lock:
            self._holders[uuid] = holder

    def drop(self, uuid: str) -> None:
        """It is gone."""
        with self._lock:
            self._holders.pop(uuid, None)

    def all(self) -> dict[str, Holder]:
        """Those of this moment."""
        with self._lock:
            return dict(self._holders)


@dataclass(frozen=True)
class WorkerSettings:
    """`locks`: guests lock their disks; what that is worth tells the pool (NEVER-TWICE D5).

    `tell_all_every`: all that came of orders is told again then; None: at a new session only.
    """

    locks: bool = True
    grace: timedelta = timedelta(seconds=GRACE_S)
    settle_s: float = SETTLE_S
    settle_without_locks_s: float = SETTLE_WITHOUT_LOCKS_S
    send_s_per_gib: float = SEND_S_PER_GIB
    tell_all_every: timedelta | None = None


@dataclass(frozen=True)
class Site:
    """One host: its guests, its one pool, its notes. `at` hears of each step before it is done.

    `copies` is None where the hosts of one process have all disks in common, `passages` where
    guests cannot be sent.
    """

    guests: Guests
    leases: Leases
    disks: Disks
    notes: Notes
    clock: BootClock
    settings: WorkerSettings = WorkerSettings()
    pool: Pool = NO_POOL
    copies: Copies | None = None
    passages: Passages | None = None
    live: Live = field(default_factory=Live)
    word: Word = field(default_factory=Word)
    stopping: threading.Event = field(default_factory=threading.Event)
    at: Callable[[Step, str], None] = lambda _step, _uuid: None
