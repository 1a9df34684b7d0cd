"""A server's move to another host as the cell keeps it: its types, its states, and what may follow.

The words are Nova's (contract 4.8, 5.3). What goes on inside a move is told by the permits; a
migration is what people see of it, and what is due next.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from hostdown.domain.model import Flavor


class MigrationType(StrEnum):
    """Why a server moves."""

    MIGRATION = "migration"
    RESIZE = "resize"
    LIVE = "live-migration"
    EVACUATION = "evacuation"


class Status(StrEnum):
    """How far a move has come."""

    ACCEPTED = "accepted"
    QUEUED = "queued"
    PREPARING = "preparing"
    RUNNING = "running"
    PRE_MIGRATING = "pre-migrating"
    MIGRATING = "migrating"
    POST_MIGRATING = "post-migrating"
    FINISHED = "finished"
    CONFIRMING = "confirming"
    CONFIRMED = "confirmed"
    REVERTING = "reverting"
    REVERTED = "reverted"
    DONE = "done"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    ERROR = "error"
    FAILED = "failed"


ENDED = frozenset(
    {
        Status.CONFIRMED,
        Status.REVERTED,
        Status.ERROR,
        Status.FAILED,
        Status.COMPLETED,
        Status.CANCELLED,
        Status.DONE,
    }
)
"""Nobody works on a move in one of these any more."""

IN_PROGRESS = frozenset(Status) - ENDED
"""The one definition of it, for whoever asks (contract 4.8, 10.5 edge 75)."""

UNCLEARED = frozenset({Status.ACCEPTED, Status.PRE_MIGRATING, Status.DONE})
"""An evacuation whose source may still have something of the server (contract 5.7, 10.1 edge 3)."""

SETTLED = ENDED - UNCLEARED
"""Nothing follows from a move in one of these, and nobody has anything of it."""

LEAVING = IN_PROGRESS - {Status.FINISHED, Status.CONFIRMING, Status.REVERTING}
"""The server is where it was still; in the others it is elsewhere, perhaps for days."""

LIVE_IN_PROGRESS = frozenset(
    {Status.QUEUED, Status.PREPARING, Status.RUNNING, Status.POST_MIGRATING}
)
"""Live migrations that have links and are found under their server (contract 4.7)."""

_FAILS = frozenset({Status.ERROR, Status.FAILED})
_EVACUATION: Mapping[Status, frozenset[Status]] = {
    Status.ACCEPTED: _FAILS | {Status.PRE_MIGRATING},
    Status.PRE_MIGRATING: _FAILS | {Status.DONE},
    Status.DONE: frozenset({Status.COMPLETED}),
}
_COLD: Mapping[Status, frozenset[Status]] = {
    Status.PRE_MIGRATING: frozenset({Status.MIGRATING, Status.ERROR}),
    Status.MIGRATING: frozenset({Status.POST_MIGRATING, Status.ERROR}),
    Status.POST_MIGRATING: frozenset({Status.FINISHED, Status.ERROR}),
    Status.FINISHED: frozenset({Status.CONFIRMING, Status.REVERTING, Status.ERROR}),
    Status.CONFIRMING: frozenset({Status.CONFIRMED, Status.ERROR}),
    Status.REVERTING: frozenset({Status.REVERTED, Status.ERROR}),
}
_LIVE_FAILS = _FAILS | {Status.CANCELLED}
NEXT: Mapping[MigrationType, Mapping[Status, frozenset[Status]]] = {
    MigrationType.EVACUATION: _EVACUATION,
    MigrationType.MIGRATION: _COLD,
    MigrationType.RESIZE: _COLD,
    MigrationType.LIVE: {
        Status.ACCEPTED: _LIVE_FAILS | {Status.QUEUED, Status.PREPARING},
        Status.QUEUED: _LIVE_FAILS | {Status.PREPARING},
        Status.PREPARING: _LIVE_FAILS | {Status.RUNNING},
        Status.RUNNING: _LIVE_FAILS | {Status.POST_MIGRATING, Status.COMPLETED},
        Status.POST_MIGRATING: _FAILS | {Status.COMPLETED},
    },
}
"""What may follow each state; nothing follows one that is not named (contract 4.4, 4.5, 5.3).

`completed` is final, and `done` comes from `pre-migrating` alone (contract 10.1 edge 6).
"""


class Step(StrEnum):
    """What is done next of a move; each kind has its own queue."""

    RELEASE = "release"
    """Have the source give the server up, or end its permit (`services.releases`)."""
    PLACE = "place"
    """Grant a host the next permit, as soon as not too many are under way."""
    WATCH = "watch"
    """Look whether the host that has it still lives."""
    BACK = "back"
    """Have a live migration end where it began, or where it was handed over already."""
    NONE = "none"


class Wish(NamedTuple):
    """What was asked of a move, and by whom.

    `host` is the destination asked for; `forced` takes it whatever placement says. `by` is the name
    of the user whose word it is. `wanted` is what the server shall be there (`assignment.Wanted`).
    Of a live migration: `ticket` is by what its destination asks to be sent it; `hurried`: it is
    to stand still until it is there; `cancelled`: it is to stay where it is.
    """

    host: str | None
    forced: bool
    by: str
    wanted: str
    ticket: str = ""
    hurried: bool = False
    cancelled: bool = False


class Migration(NamedTuple):
    """One move of one server. `revision` grows with every change.

    `generation` is the destination's permit and `source_number` the commit with which the source
    lost its own, both 0 before there is one. `tried` are hosts that could not have it, with their
    reasons; `reason` is why it waits, or failed, and what there is to know of one that has a host
    (`domain.cautions`). `step` is the next one and `due_at` when it is due; None where there is
    none. `progress` are a live migration's bytes, by Nova's names.
    """

    id: int
    uuid: str
    instance: str
    type: MigrationType
    status: Status
    source_host: str
    source_node: str
    dest_host: str | None
    dest_node: str | None
    dest_ip: str | None
    user_id: str
    project_id: str | None
    request_id: str
    created_at: datetime
    updated_at: datetime | None
    deleted: bool
    wish: Wish
    old_flavor: Flavor | None
    new_flavor: Flavor | None
    generation: int
    source_number: int
    tried: Mapping[str, str]
    reason: str | None
    priority: int
    step: Step
    due_at: datetime | None
    progress: Mapping[str, int] | None
    revision: int

    @property
    def open(self) -> bool:
        """Whether the server is on its way: nobody else moves it meanwhile (NEVER-TWICE D2)."""
        return self.status in IN_PROGRESS


def moved(seen: Migration, status: Status) -> Migration:
    """The migration in its next state; raises ValueError where the table does not allow it."""
    if status not in NEXT[seen.type].get(seen.status, frozenset()):
        raise ValueError(f"a {seen.type.value} cannot go from {seen.status} to {status}")
    return seen._replace(status=status)
