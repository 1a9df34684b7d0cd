"""The steps of fencing one host, each in the transaction of who leads (NEVER-TWICE F1-F3)."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from hostdown.domain.machine import is_machine
from hostdown.domain.model import HostRecord
from hostdown.domain.recovery import LOOK_EVERY, NEXT, Event, Held, gate, isolated
from hostdown.domain.rehearsal import MAY_SLEEP
from hostdown.domain.slots import STILL_S
from hostdown.services import disarming, doubts, storm
from hostdown.services.cell_ports import CellRows
from hostdown.services.fence_crew_ports import Reached
from hostdown.services.fence_ports import FenceLevel, Power, Seen
from hostdown.services.fencing import sent_on_level
from hostdown.services.permit_ports import Proof
from hostdown.services.recovery_ports import Recovery
from hostdown.services.recovery_steps import LOOK_AGAIN, befell, hold, later, put

NAMELESS = frozenset({"fence_agent"})
"""Drivers of outlets, which know of no machine: the operator says which are the host's."""
NOT_STILL = f"It reads Off, and its slots have not been still for {STILL_S:g} s yet."
SLEEPS = f"It reads Off. {MAY_SLEEP} (until then confirm-off is your word that it is off)"
OFF = "off"
"""The kind of the proof that an observed Off is (NEVER-TWICE F3)."""


def attempt(
    rows: CellRows,
    seen: Recovery,
    level: int,
    view: storm.View,
    misses: Callable[[CellRows], bool] | None,
) -> bool:
    """Commit a fence attempt: the point of no return, behind the storm gate (F2).

    `misses`: whether observers have found it silent to the end of its hold-off; None: its device
    was seen to read Off. The gate, too, is for hosts that may be healthy.

    Whoever commits one has raised the ledger's number before, so that two never count the same.
    """
    now = view.now
    event, _ = befell(rows, seen, seen.boot, now, view.ears)
    if event is not None:
        return False
    if misses is not None and not misses(rows):
        return later(rows, seen, now)
    off = disarming.why_not(rows, seen, now)
    if off is not None:
        return hold(rows, seen, Held.DISARMED, off, now, LOOK_AGAIN)
    shut = None if seen.gated or misses is None else gate(*storm.seen_by_gate(rows, seen, view))
    if shut is not None:
        return hold(rows, seen, Held.GATE, shut, now, LOOK_AGAIN)
    after = seen._replace(
        stage=NEXT[seen.stage, Event.BEGUN], held=None, reason=None, due_at=now,
        gated=seen.gated or misses is not None,
        attempted_at=seen.attempted_at or now, level=level, level_at=now,
    )  # fmt: skip
    return put(rows, seen, after, "Fencing begins.", {"level": level}, now)


def may_send(rows: CellRows, seen: Recovery, view: storm.View, what: str) -> bool:
    """Whether a power-off may be sent, or a mark, which is written down before (F2).

    Who hears too few hosts may have become the isolated one since the attempt was committed. What
    else the gate goes by can have changed only by an operator's leave.
    """
    now = view.now
    fleet, _ = storm.seen_by_gate(rows, seen, view)
    why = isolated(fleet) if seen.gated and not seen.released else None
    if why is None:
        after = seen._replace(sent_at=now, reason=None, due_at=now + LOOK_EVERY)
        return put(rows, seen, after, what, {"level": seen.level}, now)
    after = seen._replace(reason=why, due_at=now + LOOK_AGAIN)
    if why == seen.reason:
        later(rows, seen, after.due_at)
    else:
        put(rows, seen, after, f"Nothing is sent: {why}", {}, now)
    return False


def next_level(
    rows: CellRows, seen: Recovery, number: int | None, why: str, now: datetime, again: timedelta
) -> bool:
    """The level at work has failed; if it was the last one, all begin anew a little later."""
    facts = {"level": seen.level}
    if number is None:
        stage = NEXT[seen.stage, Event.FAILED]
        after = seen._replace(stage=stage, held=Held.FAILED, reason=why, due_at=now + again)
        return put(rows, seen, after, f"The last level failed: {why}", facts, now)
    after = seen._replace(level=number, level_at=now, due_at=now)
    return put(rows, seen, after, f"The level failed: {why}", facts, now)


def is_foreign(told: Seen, level: FenceLevel, record: HostRecord) -> str | None:
    """Why what a device is cabled to is not known to be this host; None if it is (F3)."""
    if (told.uuid, told.serial) == (None, None):
        unknown = "Its device does not say of which machine it is."
        return None if level.driver in NAMELESS else unknown
    if level.expects is not None:
        pairs = zip(level.expects, (told.uuid, told.serial), strict=True)
        if all(wanted is None or wanted == seen for wanted, seen in pairs):
            return None
        return f"Its device is of machine {told.uuid}, and the fencing file says another one."
    if is_machine(record.machine_id, told.uuid, told.serial):
        return None
    return (
        f"Its device is of machine {told.uuid}, serial number {told.serial}, which is not what the "
        "host's agent said when it began; if it is the right one, write its uuid into the fencing "
        "file."
    )


def judged(seen: Recovery, reached: Reached, level: FenceLevel, record: HostRecord) -> Reached:
    """The same, but nothing that was seen of another machine, and no Off of one that may sleep: its
    level has failed once a power-off was sent (F3)."""
    wrong = is_foreign(reached.seen, level, record) if reached.seen is not None else None
    if wrong is not None:
        return reached._replace(seen=None, error=wrong, retry=False)
    if record.sleeps and is_off(reached):
        retry = sent_on_level(seen).sent_at is None
        return reached._replace(seen=None, error=SLEEPS, retry=retry)
    return reached


def is_off(reached: Reached) -> bool:
    """Whether the device reads Off."""
    return reached.seen is not None and reached.seen.power is Power.OFF


def observed(
    rows: CellRows, seen: Recovery, level: FenceLevel, reached: Reached, is_still: bool
) -> bool:
    """What a device says of the host itself. Off, after it took a power-off on this level, is proof
    of the boot that was there when the attempt began: what was off before may have slept (F3).
    `is_still`: whether nothing else shows life of it."""
    told, at = reached.seen, reached.at
    cut_at = at if reached.cut else seen.cut_at
    is_cut = cut_at is not None and seen.level_at is not None and cut_at >= seen.level_at
    if told is None or told.power is not Power.OFF or not is_cut:
        reads = None if told is None else f"Its device says that it is {told.power.value}."
        return _noted(rows, seen, seen._replace(cut_at=cut_at, reason=reads))
    if not is_still:
        return _told(rows, seen, seen._replace(cut_at=cut_at), NOT_STILL, at)
    evidence: Mapping[str, object] = {
        "recovery": seen.id, "level": level.number, "driver": level.driver,
        "uuid": told.uuid, "serial": told.serial, "cut_at": cut_at,
    }  # fmt: skip
    proof = Proof(seen.host_id, seen.boot, doubts.HOST, OFF, at, "controller", evidence)
    number = rows.proofs.add(proof)
    stage = NEXT[seen.stage, Event.PROOF]
    after = seen._replace(stage=stage, proof=number, reason=None, due_at=at, cut_at=cut_at)
    return put(rows, seen, after, "It reads Off: what ran there is over.", evidence, at)


def unanswered(rows: CellRows, seen: Recovery, reached: Reached, now: datetime) -> bool:
    """Its device said nothing; it is asked again."""
    return _told(rows, seen, seen, reached.error or "Its device says nothing.", now)


def _told(rows: CellRows, seen: Recovery, after: Recovery, why: str, now: datetime) -> bool:
    """Why its level has not come to its end; once for as long as it is that."""
    after = after._replace(reason=why)
    if why == seen.reason:
        return _noted(rows, seen, after)
    return put(rows, seen, after, why, {"level": seen.level}, now)


def _noted(rows: CellRows, seen: Recovery, after: Recovery) -> bool:
    """Nothing is told of it."""
    return after == seen or rows.recoveries.replace(seen, after) is not None
