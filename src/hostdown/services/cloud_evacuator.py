"""`Evacuator` of a cloud whose Controller is another one, a Nova for one (docs/decisions/0017).

A turn looks at what there is, records what it is about to ask for, and asks; what the cloud says is
looked at again before anything is asked twice. No permits stand behind these servers, only the
proof: nothing is asked for a host that is heard, or that has booted anew.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from hostdown.domain.cloud_errors import CloudFailed
from hostdown.domain.errors import HostdownError
from hostdown.domain.liveness import Window, is_silent
from hostdown.domain.model import COMPUTE
from hostdown.domain.recovery import NEXT, Event, Stage
from hostdown.services import recovery_journal
from hostdown.services.cell_ports import CellRows
from hostdown.services.cloud_choice import Choice, Tried, choice, moved
from hostdown.services.cloud_mirror import CloudMirror, Done
from hostdown.services.cloud_ports import Cloud
from hostdown.services.cloud_work import Looked, ask, let_up, look
from hostdown.services.crew_ports import Crew
from hostdown.services.recovery_desk import Desk
from hostdown.services.recovery_ports import Entry, Recovery
from hostdown.services.recovery_steps import befell, caller

LOG = logging.getLogger(__name__)

LOOK_EVERY = timedelta(seconds=1)
"""How often the cloud is asked what became of a host's servers."""
ASK_AGAIN_S = 30.0
"""How often a server is asked for that found no place, or that the cloud refused for now."""
LET_UP_EVERY_S = 5.0
"""How often the cloud is asked to let a host up that has yet to clear up."""
TELL_AGAIN_S = 60.0
"""How often the timeline tells of what goes on failing, if it fails otherwise than before."""
ASKED_MAX = 8
"""Servers of one host that are asked for at a time."""

SERVERS = "servers"
"""Which servers were asked for, in a line of the timeline."""


@dataclass
class _Memory:
    """What this leader knows of a recovery beside its record; the next one does without."""

    tried: dict[str, float] = field(default_factory=dict)
    refused: dict[str, CloudFailed] = field(default_factory=dict)
    told: dict[str, tuple[str, float]] = field(default_factory=dict)
    idle: frozenset[str] = frozenset()
    up_asked_at: float | None = None
    is_let_up: bool = False


class CloudEvacuator:
    """Of the hosts of one cell."""

    def __init__(
        self, desk: Desk, cloud: Cloud, crew: Crew[str, Done], mirror: CloudMirror, at_once: int
    ) -> None:
        """`at_once`: how many of a host's servers may be on their way at a time."""
        self._desk = desk
        self._cloud = cloud
        self._crew = crew
        self._mirror = mirror
        self._at_once = at_once
        self._memories: dict[int, _Memory] = {}

    def turn(self, now: datetime) -> None:
        recoveries = self._desk.cell.read(lambda rows: rows.recoveries.open())
        known = self._memories
        self._memories = {each.id: known[each.id] for each in recoveries if each.id in known}
        for done in self._crew.results():
            try:
                done(now)
            except HostdownError as error:
                LOG.warning("What the cloud said is not kept, and asked for again: %s", error)
        self._mirror.turn(now, recoveries)

    def evacuate(self, seen: Recovery, now: datetime) -> None:
        """What was read before an answer came says nothing of what was asked for."""
        force = self._is_gone(seen, now)

        def work() -> Done:
            found = look(self._cloud, seen.host, force, partial(self._may_send, seen))
            return partial(self._looked, seen.id, found)

        if all(map(self._crew.is_free, self._memory(seen.id).tried)):
            self._crew.begin(f"look {seen.id}", work)
        self._desk.later(seen, now + LOOK_EVERY)

    def lets_up(self, seen: Recovery, now: datetime) -> bool:
        """Who set the flag clears it, there as here."""
        memory, asked_at = self._memory(seen.id), self._desk.clock.monotonic()
        if not seen.forced or memory.is_let_up:
            return True
        if memory.up_asked_at is None or asked_at - memory.up_asked_at >= LET_UP_EVERY_S:

            def work() -> Done:
                error = let_up(self._cloud, seen.host, self._desk.leadership.is_fresh)
                return partial(self._let_up, seen.id, error)

            memory.up_asked_at = asked_at
            self._crew.begin(f"up {seen.id}", work)
        return False

    # ------------------------------------------------------------------------- what came of it

    def _looked(self, number: int, found: Looked, now: datetime) -> None:
        seen = self._open(number, Stage.EVACUATING)
        if seen is None:
            return
        if found.said is None:
            self._failed(seen, "look", str(found.error), now)
            return
        if found.forced:
            facts = {"was_up": None if found.service is None else found.service.up}
            seen = self._write(seen, seen, "It is forced down in the cloud.", facts, now)
        tried = self._tried(seen)
        picked = choice(found.said, tried, self._desk.policy.ha_default)
        idle = (each.id for each in found.said.servers if each.task_state is None)
        self._memory(number).idle = frozenset(idle)
        is_gone = self._is_gone(seen, now)
        if picked.ask and is_gone:
            seen = self._ask(seen, picked, now)
        elif not picked.going and not (picked.waiting and is_gone):
            seen = self._moved(seen, moved(found.said, tried.ever), picked, now)
        for server, why in {**picked.waiting, **picked.stay}.items():
            seen = self._failed(seen, server, why, now)

    def _asked(self, number: int, server: str, error: CloudFailed | None, now: datetime) -> None:
        seen = self._open(number, Stage.EVACUATING)
        if seen is None:
            return
        self._memory(number).refused.pop(server, None)
        if error is not None:
            self._memory(number).refused[server] = error
            self._failed(seen, server, str(error), now)

    def _let_up(self, number: int, error: CloudFailed | None, now: datetime) -> None:
        seen = self._open(number, Stage.DONE)
        if seen is None:
            return
        if error is not None:
            self._failed(seen, "up", str(error), now)
            return
        self._memory(number).is_let_up = True
        self._write(seen, seen._replace(due_at=now), "The cloud lets it be up again.", {}, now)

    # --------------------------------------------------------------------------------- deciding

    def _is_gone(self, seen: Recovery, now: datetime) -> bool:
        """Whether it is still the boot that is off, and nobody hears it."""
        record = self._desk.record(seen.host)
        if record is None or (record.id, record.boot) != (seen.host_id, seen.boot):
            return False
        ears = self._desk.ears(now)

        def work(rows: CellRows) -> bool:
            if seen.proof is None:
                return _is_silent(rows, seen.host, ears.life)
            event, _ = befell(rows, seen, seen.boot, now, ears)
            return event is not Event.LIFE_OF_PROVEN

        return self._desk.cell.read(work)

    def _may_send(self, seen: Recovery) -> bool:
        """Any thread asks this, right before it asks for something that moves servers."""
        try:
            return self._desk.leadership.is_fresh() and self._is_gone(seen, self._desk.clock.now())
        except HostdownError:
            return False

    def _ask(self, seen: Recovery, picked: Choice, now: datetime) -> Recovery:
        room = min(ASKED_MAX, self._at_once - len(picked.going))
        servers = [each.id for each in picked.ask[: max(0, room)]]
        if not servers:
            return seen
        after = seen._replace(evacuated_at=now, due_at=now + LOOK_EVERY)
        facts = {SERVERS: servers, "going": len(picked.going), "left": len(picked.ask)}
        text = f"Servers asked to run elsewhere: {len(servers)}."
        put = self._write(seen, after, text, facts, now)
        for server in servers if put is not seen else ():
            self._begin(put, server)
        return put

    def _begin(self, seen: Recovery, server: str) -> None:
        def work() -> Done:
            error = ask(self._cloud, server, partial(self._may_send, seen))
            return partial(self._asked, seen.id, server, error)

        if self._crew.begin(server, work):
            self._memory(seen.id).tried[server] = self._desk.clock.monotonic()

    def _tried(self, seen: Recovery) -> Tried:
        """What was asked for stands in the timeline, also if another one led then."""
        memory, now = self._memory(seen.id), self._desk.clock.monotonic()
        lately = {each for each, at in memory.tried.items() if now - at < ASK_AGAIN_S}
        lines = self._desk.cell.read(lambda rows: rows.timelines.of(seen.id))
        ever = {str(server) for line in lines for server in _servers(line)}
        return Tried(ever, memory.idle, lately, memory.refused)

    # -------------------------------------------------------------------------------- recording

    def _moved(
        self, seen: Recovery, went: Mapping[str, str | None], picked: Choice, now: datetime
    ) -> Recovery:
        """What was not asked for stays, as its host is heard again."""
        stage = NEXT[seen.stage, Event.MOVED]
        after = seen._replace(stage=stage, reason=None, due_at=now + LOOK_EVERY)
        left = {each.id: "Its host is heard again." for each in picked.ask}
        facts = {"moved": dict(went), "stay": {**left, **picked.waiting, **picked.stay}}
        return self._write(seen, after, "None of its servers is on its way.", facts, now)

    def _failed(self, seen: Recovery, what: str, why: str, now: datetime) -> Recovery:
        """Told as often as it is another failure, but not without an end."""
        told, at = self._memory(seen.id).told, self._desk.clock.monotonic()
        before = told.get(what)
        if before is not None and (before[0] == why or at - before[1] < TELL_AGAIN_S):
            return seen
        told[what] = why, at
        return self._write(seen, seen._replace(reason=why), why, {}, now)

    def _write(
        self,
        seen: Recovery,
        after: Recovery,
        what: str,
        facts: Mapping[str, object],
        now: datetime,
    ) -> Recovery:
        """The recovery as it is then; `seen` if somebody else has changed it, or leads."""
        put = seen

        def work(rows: CellRows) -> bool:
            nonlocal put
            put = rows.recoveries.replace(seen, after) or seen
            if put is not seen:
                line = Entry(now, what, {"stage": after.stage.value, **facts})
                rows.timelines.add(seen.id, line)
                recovery_journal.told(rows, seen, put, caller(seen), now)
            return put is not seen

        return put if self._desk.write(work) else seen

    def _open(self, number: int, stage: Stage) -> Recovery | None:
        """The recovery as it is now, if it has come so far and no further."""
        found = self._desk.cell.read(lambda rows: rows.recoveries.get(number))
        return found if found is not None and found.stage is stage else None

    def _memory(self, number: int) -> _Memory:
        return self._memories.setdefault(number, _Memory())


def _is_silent(rows: CellRows, host: str, life: Window) -> bool:
    """That we call it down ourselves does not make it so."""
    found = rows.services.find(host, COMPUTE)
    return bool(found) and is_silent(found[0]._replace(forced_down=False), life)


def _servers(line: Entry) -> list[object]:
    found = line.details.get(SERVERS)
    return found if isinstance(found, list) else []
