"""The steps of waiting for a watchdog, each in the transaction of who leads (F6, F7)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from hostdown.domain.fence_checks import WATCHDOG
from hostdown.domain.liveness import Window, is_silent
from hostdown.domain.model import COMPUTE
from hostdown.domain.recovery import NEXT, Event, Held, Stage
from hostdown.domain.slots import Do
from hostdown.domain.watchdog import wait
from hostdown.services import disarming, doubts
from hostdown.services.cell_ports import CellRows
from hostdown.services.permit_ports import Proof
from hostdown.services.recovery_ports import Entry, Recovery
from hostdown.services.recovery_steps import BEFORE, put
from hostdown.services.watchdog_ports import NoGrant, SlotOrder, Watchdog
from hostdown.services.watchdogs import over

MILLISECOND = timedelta(milliseconds=1)


def how_long_s(dog: Watchdog) -> float:
    """Seconds from the moment when nothing gives a credit any more until the host is reset."""
    c, w = dog.self_fence_after_ms * MILLISECOND, dog.reset_ms * MILLISECOND
    return wait(c, w).total_seconds()


def may_wait(rows: CellRows, seen: Recovery, now: datetime) -> bool:
    """Whether anything is to be done about its host; of what is committed it is in any case."""
    if seen.stage not in BEFORE or seen.held is Held.OPERATOR:
        return False
    return seen.stage is Stage.FENCING or disarming.why_not(rows, seen, now) is None


def silent(rows: CellRows, host: str, life: Window) -> bool:
    """Whether nothing is heard of it."""
    return any(is_silent(each, life) for each in rows.services.find(host, COMPUTE))


def armed(rows: CellRows, seen: Recovery) -> Watchdog | None:
    """What resets the boot that is silent; None if nothing does."""
    found = rows.watchdogs.get(seen.host_id, seen.boot)
    return None if found is None or found.armed_at is None else found


def marked(rows: CellRows, seen: Recovery) -> NoGrant | None:
    """The no-grant mark that this recovery made."""
    found = rows.no_grants.get(seen.host_id)
    ours = found is not None and (found.recovery, found.boot) == (seen.id, seen.boot)
    return found if ours else None


def mark(rows: CellRows, seen: Recovery, dog: Watchdog, now: datetime) -> NoGrant:
    """From its commit on no observer that looks grants the host anything."""
    made = NoGrant(seen.host_id, seen.boot, seen.id, now)
    rows.no_grants.put(made)
    facts = {
        "self_fence_after_ms": dog.self_fence_after_ms,
        "reset_ms": dog.reset_ms,
        "pools": dog.pools,
    }
    say(rows, seen, [Entry(now, "Nobody grants its watchdog anything any more.", facts)])
    return made


def lift(rows: CellRows, seen: Recovery, life: Window, now: datetime) -> bool:
    """It was heard before anything was proven: whoever waits begins anew."""
    if silent(rows, seen.host, life) or not over(rows, seen.host_id, seen.id):
        return False
    text = "It is heard: its watchdog is granted what it asks for again."
    say(rows, seen, [Entry(now, text, {})])
    return True


def order(rows: CellRows, seen: Recovery, do: Do, orders: Sequence[SlotOrder]) -> None:
    """Those before are not waited for any more. Readers are told by a new version."""
    rows.slot_orders.drop(seen.id, do)
    rows.slot_orders.add(orders)
    rows.ledger.changed([each.reader for each in orders], rows.ledger.now()[1])


def prove(
    rows: CellRows,
    seen: Recovery,
    dog: Watchdog,
    mark: NoGrant,
    evidence: Mapping[str, object],
    now: datetime,
) -> bool:
    """Its watchdog has reset it, if all is as it was when the wait began; the recovery goes on with
    that in the same transaction, so that nothing that is heard comes between."""
    newest = rows.recoveries.get(seen.id)
    if newest is None or not may_wait(rows, newest, now):
        return False
    if (armed(rows, seen), marked(rows, seen)) != (dog, mark):
        return False
    if rows.proofs.covering(seen.host_id, seen.boot):
        return False
    facts = {
        "recovery": seen.id,
        "self_fence_after_ms": dog.self_fence_after_ms,
        "reset_ms": dog.reset_ms,
        "waited_s": how_long_s(dog),
        "marked_at": mark.marked_at,
        **evidence,
    }
    proof = Proof(seen.host_id, seen.boot, doubts.HOST, WATCHDOG, now, "controller", facts)
    number, stage = rows.proofs.add(proof), NEXT[newest.stage, Event.PROOF]
    after = newest._replace(stage=stage, held=None, reason=None, proof=number, due_at=now)
    text = "Its watchdog has reset it: what ran there is over."
    return put(rows, newest, after, text, {"proof": number, **facts}, now)


def say(rows: CellRows, seen: Recovery, entries: Sequence[Entry]) -> None:
    """In its timeline."""
    for each in entries:
        rows.timelines.add(seen.id, each)
