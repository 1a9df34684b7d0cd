"""The steps of a recovery, each in the transaction of who leads."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from hostdown.domain import evacuation
from hostdown.domain.host_fault import left_alone
from hostdown.domain.instance import Instance
from hostdown.domain.liveness import Window, is_silent, is_unreachable
from hostdown.domain.model import COMPUTE, Caller, HostRecord, Service
from hostdown.domain.recovery import (
    NEXT,
    OVER,
    Ears,
    Event,
    Held,
    Stage,
    settled,
)
from hostdown.domain.reserves import RECOVERY
from hostdown.services import (
    compute_services,
    disarming,
    doubts,
    flapping,
    host_evacuation,
    migrations,
    recovery_journal,
    watchdogs,
)
from hostdown.services.cell_ports import CellRows
from hostdown.services.evacuations import Asker
from hostdown.services.migration_ports import MigrationQuery
from hostdown.services.permit_ports import Proof
from hostdown.services.recovery_ports import Entry, Recovery

LOOK_AGAIN = timedelta(seconds=1)
"""How often one that waits for something is looked at."""
IN_FLIGHT = timedelta(seconds=1)
"""What a host sent before it went off may arrive so long after (NEVER-TWICE F5)."""
RETRY = timedelta(seconds=30)
"""How often servers that no host took are tried again."""
BEFORE = frozenset({Stage.HOLDING_OFF, Stage.HELD, Stage.FENCING})
"""Nothing has been said yet that would end a permit."""


def caller(seen: Recovery) -> Caller:
    """Who does it, wherever that is shown."""
    return Caller("", RECOVERY, None, (), f"recovery-{seen.id}")


def begun(record: HostRecord, domain: str, silent_at: datetime, now: datetime) -> Recovery:
    """A new one."""
    return Recovery(
        id=0, host_id=record.id, host=record.name, boot=record.boot, domain=domain,
        stage=Stage.HOLDING_OFF, held=None, reason=None, silent_at=silent_at, begun_at=now,
        due_at=now, attempted_at=None, gated=False, released=False, level=0, level_at=None,
        sent_at=None, cut_at=None, evacuated_at=None, proof=None, forced=False, ended_at=None,
        revision=0,
    )  # fmt: skip


def befell(
    rows: CellRows, seen: Recovery, boot: int | None, now: datetime, ears: Ears
) -> tuple[Event | None, str]:
    """What happened to the host meanwhile, and a sentence on it; `boot`: None if it is deleted."""
    service = _service(rows, seen.host)
    if service is None or boot is None:
        return Event.GONE, "The host is deleted."
    if seen.stage not in BEFORE:
        return _afterwards(rows, seen, service, boot, now, ears)
    if seen.stage is not Stage.FENCING:
        reason = left_alone(service)
        if reason is not None:
            return Event.LIFE, reason
        if not is_silent(service, ears.life):
            return Event.LIFE, "It is heard again."
        if service.unreachable_at != seen.silent_at:
            return Event.LIFE, "It was heard in between."
    proofs = rows.proofs.covering(seen.host_id, seen.boot)
    if proofs and (seen.stage is Stage.FENCING or disarming.why_not(rows, seen, now) is None):
        return Event.PROOF, f"Proof {proofs[-1][0]} ({proofs[-1][1].kind}) says that it is over."
    return None, ""


def _afterwards(
    rows: CellRows, seen: Recovery, service: Service, boot: int, now: datetime, ears: Ears
) -> tuple[Event | None, str]:
    proofs = rows.proofs.covering(seen.host_id, seen.boot)
    missed_at = now - ears.missed_after
    if boot == seen.boot and any(_lived_on(service, each, missed_at) for _, each in proofs):
        return Event.LIFE_OF_PROVEN, "What was proven over was heard: its proof is void."
    if seen.stage is Stage.FENCED and (boot > seen.boot or service.unreachable_at is not None):
        return Event.FORCED_DOWN, "Its host is forced down."
    is_new = boot > seen.boot or seen.proof is None  # by a word alone it may never have been off
    if seen.stage is Stage.DONE and is_new and _is_back(rows, service, seen, now):
        return Event.CLEAN, "It is back, and has nothing left of its servers."
    return None, ""


def _lived_on(service: Service, proof: Proof, missed_at: datetime) -> bool:
    """Whether it reported after what it had sent before could arrive, or still pulses when
    observers would have missed that long since."""
    heard = service.last_seen_up
    if heard is not None and heard > proof.observed_at + IN_FLIGHT:
        return True
    return service.unreachable_at is None and missed_at > proof.observed_at


def _is_back(rows: CellRows, service: Service, seen: Recovery, now: datetime) -> bool:
    heard, at = service.last_seen_up, seen.sent_at or seen.begun_at
    is_heard = not is_unreachable(service) and heard is not None and heard > at
    return is_heard and settled(seen.sent_at, now) and not migrations.is_uncleared(rows, seen.host)


def step(
    rows: CellRows, seen: Recovery, event: Event, why: str, now: datetime, record: HostRecord | None
) -> bool:
    """Write that something happened, and what it leads to."""
    stage = NEXT[seen.stage, event]
    after = seen._replace(stage=stage, held=None, reason=why, due_at=now)
    if stage in OVER:
        after = after._replace(ended_at=now)
        watchdogs.over(rows, seen.host_id, seen.id)
    if event is Event.PROOF:
        after = after._replace(proof=rows.proofs.covering(seen.host_id, seen.boot)[-1][0])
    if event is Event.FORCED_DOWN:
        after = after._replace(forced=force(rows, seen.host, True, caller(seen), now))
    if event is Event.CLEAN:
        why = flapping.damp(rows, seen, caller(seen), now) or why
        if seen.forced:
            force(rows, seen.host, False, caller(seen), now)
        else:
            why += _stays_forced_down(rows, seen)
    if event is Event.LIFE_OF_PROVEN and record is not None:
        doubts.void(rows, record, seen.boot, caller(seen), now)
    return put(rows, seen, after._replace(reason=why), why, {"event": event.value}, now)


def _stays_forced_down(rows: CellRows, seen: Recovery) -> str:
    """Whoever said that it is off says that it is not: nobody else knows why."""
    service = _service(rows, seen.host)
    if service is None or not service.forced_down:
        return ""
    return (
        f" It stays forced down, as somebody said: `hostdown host release {seen.host}` ends that."
    )


def force(rows: CellRows, host: str, down: bool, by: Caller, now: datetime) -> bool:
    """Whether that changed anything: who set the flag clears it."""
    found = _service(rows, host)
    if found is None or found.forced_down is down:
        return False
    wanted = compute_services.Wanted(forced_down=down)
    service: Service = found
    compute_services.changed(rows, by, lambda _: service, wanted, now)
    return True


def later(rows: CellRows, seen: Recovery, due_at: datetime) -> bool:
    """Look again then; nothing is told of that."""
    return rows.recoveries.replace(seen, seen._replace(due_at=due_at)) is not None


def hold(
    rows: CellRows, seen: Recovery, by: Held, reason: str, now: datetime, again: timedelta
) -> bool:
    """It cannot go on; told once for each reason."""
    stage = NEXT[seen.stage, Event.STOPPED]
    after = seen._replace(stage=stage, held=by, reason=reason, due_at=now + again)
    if (seen.stage, seen.held, seen.reason) == (Stage.HELD, by, reason):
        return later(rows, seen, now + again)
    return put(rows, seen, after, reason, {"held": by.value}, now)


def evacuate(rows: CellRows, seen: Recovery, now: datetime, life: Window, default: bool) -> bool:
    """Accept the evacuation of those of its servers that are to be brought back, until none is
    left there or on its way. One that no host takes is tried again, for room may come; one that
    could not be asked for yet, for it was on its way there still, as soon as it can."""
    leaving = migrations.are_leaving(rows, seen.host)
    left = host_evacuation.to_bring_back(rows, seen.host, default)
    untried, tried_at = _untried(rows, seen, left), seen.evacuated_at
    is_due = tried_at is None or (not leaving and now - tried_at >= RETRY)
    results = host_evacuation.bring_back(
        rows, left if is_due else untried, Asker(caller(seen), life, now)
    )
    begun = sum(each.migration is not None for each in results)
    stay = {each.instance.uuid: str(each.error) for each in results if each.migration is None}
    if begun:
        after = seen._replace(evacuated_at=now, due_at=now + LOOK_AGAIN)
        if not untried:  # told already, and again each time nobody takes them
            return rows.recoveries.replace(seen, after) is not None
        return put(rows, seen, after, f"Servers to be brought back: {begun}.", {"stay": stay}, now)
    if leaving:
        return later(rows, seen, now + LOOK_AGAIN)
    if left and not is_due:
        return _not_taken(rows, seen, left, now)
    return _moved(rows, seen, stay, now)


def _not_taken(rows: CellRows, seen: Recovery, left: Sequence[Instance], now: datetime) -> bool:
    """No host takes these: told once for as long as it is so."""
    stay = {each.uuid: each.fault.message if each.fault else "" for each in left}
    why = next(filter(None, stay.values()), "No host took them.")
    again = f"They are tried again each {RETRY.seconds} s."
    reason = f"Servers that wait for a host: {len(left)}. {again} {why}"
    after = seen._replace(reason=reason, due_at=now + LOOK_AGAIN)
    if reason == seen.reason:
        return later(rows, seen, after.due_at)
    return put(rows, seen, after, reason, {"stay": stay}, now)


def is_wanted(rows: CellRows, seen: Recovery, life: Window, default: bool) -> bool:
    """Whether a server that was left there could be brought back now, and its owner says so."""
    service = _service(rows, seen.host)
    if service is None or not is_silent(service, life):
        return False
    left = host_evacuation.to_bring_back(rows, seen.host, default)
    return any(evacuation.is_possible(each) for each in left)


def _untried(rows: CellRows, seen: Recovery, left: Sequence[Instance]) -> list[Instance]:
    """Those that this recovery has not asked for yet."""
    mine = [("request_id", [caller(seen).request_id]), ("source_host", [seen.host])]
    tried = {each.instance for each in rows.migrations.find(MigrationQuery(equal=mine))}
    return [each for each in left if each.uuid not in tried]


def _moved(rows: CellRows, seen: Recovery, stay: Mapping[str, object], now: datetime) -> bool:
    stage = NEXT[seen.stage, Event.MOVED]
    after = seen._replace(stage=stage, reason=None, due_at=now + LOOK_AGAIN)
    return put(rows, seen, after, "None of its servers is on its way.", {"stay": stay}, now)


def put(
    rows: CellRows,
    seen: Recovery,
    after: Recovery,
    what: str,
    details: Mapping[str, object],
    now: datetime,
) -> bool:
    """Write `after` over `seen`, and a line of the timeline; whether nobody was faster."""
    if rows.recoveries.replace(seen, after) is None:
        return False
    facts = {"stage": after.stage.value, **details}
    rows.timelines.add(seen.id, Entry(now, what, facts))
    recovery_journal.told(rows, seen, after, caller(seen), now)
    return True


def _service(rows: CellRows, host: str) -> Service | None:
    return next(iter(rows.services.find(host, COMPUTE)), None)
