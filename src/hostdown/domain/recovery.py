"""Our answer to one failed host: its states, and what leads from each to the next (DESIGN §9).

    holding-off ── silence lasts ──> fencing ── proof ──> fenced ── forced down ──> evacuating
         │   └──── gate, hold ──> held ┘                                                │
         └── life ──> cancelled <── life ┘              returned <── clean ── done <── moved

A server that its owner left there, and wants back later, leads from done to evacuating again.
An operator's word that it is off leads to evacuating from each of the three in front; the record
says so. From the committed attempt on nothing takes a recovery back but a proof that turned out
void (NEVER-TWICE F2, F5): pulses that come again while a host is fenced change nothing. And once
the host is gone the recovery is over, at whatever stage.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from hostdown.domain.liveness import Window


class Stage(StrEnum):
    """How far a recovery has come."""

    HOLDING_OFF = "holding-off"
    HELD = "held"
    FENCING = "fencing"
    FENCED = "fenced"
    EVACUATING = "evacuating"
    DONE = "done"
    CANCELLED = "cancelled"
    RETURNED = "returned"
    VOID = "void"


class Event(StrEnum):
    """What may happen to it."""

    LIFE = "life"
    """The host was heard, or reported."""
    PROOF = "proof"
    """Something proves that what ran there does not run any more."""
    BEGUN = "begun"
    """A fence attempt was committed."""
    STOPPED = "stopped"
    """The storm gate, an operator, or the want of a way to fence it holds it."""
    FAILED = "failed"
    """No level of fencing came to its end in time."""
    WORD = "word"
    """An operator says that the host is off."""
    FORCED_DOWN = "forced-down"
    MOVED = "moved"
    """None of its servers waits for another host."""
    WANTED = "wanted"
    """Somebody wants a server back that was to stay."""
    CLEAN = "clean"
    """The host is back, has nothing left of them, and every attempt has settled."""
    LIFE_OF_PROVEN = "life-of-proven"
    """What was proven over was heard."""
    GONE = "gone"
    """Somebody deleted the host, or put another machine in its place before anything was proven."""


NEXT: Mapping[tuple[Stage, Event], Stage] = {
    (Stage.HOLDING_OFF, Event.WORD): Stage.EVACUATING,
    (Stage.HELD, Event.WORD): Stage.EVACUATING,
    (Stage.FENCING, Event.WORD): Stage.EVACUATING,
    (Stage.HOLDING_OFF, Event.LIFE): Stage.CANCELLED,
    (Stage.HOLDING_OFF, Event.PROOF): Stage.FENCED,
    (Stage.HOLDING_OFF, Event.BEGUN): Stage.FENCING,
    (Stage.HOLDING_OFF, Event.STOPPED): Stage.HELD,
    (Stage.HELD, Event.LIFE): Stage.CANCELLED,
    (Stage.HELD, Event.PROOF): Stage.FENCED,
    (Stage.HELD, Event.BEGUN): Stage.FENCING,
    (Stage.HELD, Event.STOPPED): Stage.HELD,
    (Stage.FENCING, Event.PROOF): Stage.FENCED,
    (Stage.FENCING, Event.FAILED): Stage.HELD,
    (Stage.FENCED, Event.FORCED_DOWN): Stage.EVACUATING,
    (Stage.FENCED, Event.LIFE_OF_PROVEN): Stage.VOID,
    (Stage.EVACUATING, Event.MOVED): Stage.DONE,
    (Stage.EVACUATING, Event.LIFE_OF_PROVEN): Stage.VOID,
    (Stage.DONE, Event.WANTED): Stage.EVACUATING,
    (Stage.DONE, Event.CLEAN): Stage.RETURNED,
    (Stage.DONE, Event.LIFE_OF_PROVEN): Stage.VOID,
    (Stage.HOLDING_OFF, Event.GONE): Stage.CANCELLED,
    (Stage.HELD, Event.GONE): Stage.CANCELLED,
    (Stage.FENCING, Event.GONE): Stage.CANCELLED,
    (Stage.FENCED, Event.GONE): Stage.RETURNED,
    (Stage.EVACUATING, Event.GONE): Stage.RETURNED,
    (Stage.DONE, Event.GONE): Stage.RETURNED,
}
"""What is not here changes nothing."""

OVER = frozenset({Stage.CANCELLED, Stage.RETURNED, Stage.VOID})
"""Nothing more comes of these; the host may have another recovery."""


class Held(StrEnum):
    """Why it is held."""

    GATE = "gate"
    """Until a proof, or an operator lets it go; by itself it never opens again."""
    OPERATOR = "operator"
    SLOTS = "slots"
    """It is armed, and writes to its slots: it lives, though nobody hears it. Until it does not,
    or an operator lets it go."""
    DISARMED = "disarmed"
    """Until somebody arms it again, or the end that was given passes."""
    NO_LEVEL = "no-level"
    """Nobody has said how the host is fenced."""
    FAILED = "failed"
    """Every level has failed; it is tried again."""


class Ears(NamedTuple):
    """Until when a report is life, and how long after a host's last pulse observers know that it
    is silent; before, nothing is concluded from that they have not missed it yet.
    """

    life: Window
    missed_after: timedelta


# ---------------------------------------------------------------------------------- the storm gate

WINDOW = timedelta(minutes=10)
"""For so long an attempt counts."""


class Fleet(NamedTuple):
    """How many hosts there are: all, of these such as are not forced down, of these such as are
    heard; and all of the failure domain.
    """

    hosts: int
    living: int
    heard: int
    domain: str
    domain_hosts: int


class Attempts(NamedTuple):
    """How many hosts are or were fenced without a proof within WINDOW, all and of the domain."""

    all: int
    domain: int


def isolated(fleet: Fleet) -> str | None:
    """Why this side may be the one that is cut off; None if it is not."""
    if 2 * fleet.heard >= fleet.living:
        return None
    return (
        f"Of {fleet.living} hosts only {fleet.heard} are heard: this side may be the one that is "
        "cut off."
    )


def gate(fleet: Fleet, attempts: Attempts) -> str | None:
    """Why one more host must not be fenced without a proof; None if it may be.

    A broken switch makes healthy hosts silent, many at once; a broken host is alone. So a fourth
    of a domain and a tenth of all, but one and two at least, in any ten minutes; and none while
    fewer than half are heard, for then this may be the side that was cut off.
    """
    alone = isolated(fleet)
    if alone is not None:
        return alone
    of_domain = max(1, fleet.domain_hosts // 4)
    if attempts.domain >= of_domain:
        return (
            f"{attempts.domain} of the {fleet.domain_hosts} hosts of domain {fleet.domain} were "
            f"fenced within {WINDOW.seconds // 60} minutes; {of_domain} may be."
        )
    of_all = max(2, fleet.hosts // 10)
    if attempts.all >= of_all:
        return (
            f"{attempts.all} of {fleet.hosts} hosts were fenced within {WINDOW.seconds // 60} "
            f"minutes; {of_all} may be."
        )
    return None


# --------------------------------------------------------------------------------- one fence level


class Sent(NamedTuple):
    """What was done on a level: when it began, and when it was told last to cut the power."""

    begun_at: datetime
    sent_at: datetime | None


LEVEL_MAX = timedelta(seconds=20)
"""How long a level is tried before the next one is."""
LOOK_EVERY = timedelta(milliseconds=250)
SEND_EVERY = timedelta(seconds=5)
"""A BMC that took the power-off and is still On is told again."""
SETTLED_AFTER = timedelta(seconds=60)
"""After its last send a command may still be on its way (NEVER-TWICE F2)."""


class Do(StrEnum):
    """What is next on a level."""

    CUT = "cut"
    LOOK = "look"
    NEXT_LEVEL = "next-level"


def next_step(sent: Sent, now: datetime) -> Do:
    """On a level that has not observed Off yet."""
    if now - sent.begun_at >= LEVEL_MAX:
        return Do.NEXT_LEVEL
    if sent.sent_at is None or now - sent.sent_at >= SEND_EVERY:
        return Do.CUT
    return Do.LOOK


def settled(last_sent_at: datetime | None, now: datetime) -> bool:
    """Whether nothing that was sent can still have its effect."""
    return last_sent_at is None or now - last_sent_at >= SETTLED_AFTER
