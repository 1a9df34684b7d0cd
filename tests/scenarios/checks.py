"""What must hold after every turn, and when everything has come to rest (NEVER-TWICE)."""

from collections.abc import Callable

from tests.scenarios.facts import NOTHING, Rows, Timeline, read, writers
from tests.scenarios.hosts import SimHost
from tests.scenarios.recoveries import RecoveryChecks
from tests.scenarios.world import Broken

from hostdown.domain.assignment import Holder, Wanted
from hostdown.domain.instance import INCOMING, Permit, VmState
from hostdown.domain.lease_text import LeaseState
from hostdown.domain.migration import IN_PROGRESS
from hostdown.domain.permits import PROOF, VOID, awaited, held
from hostdown.domain.pools import PoolClass
from hostdown.storage import Storage

_MAY_BE_WRONG = ("word", "found", VOID)
"""How permits end while their guests may run, until their hosts hear of it."""


def _waits(permits: list[Permit]) -> bool:
    """Whether the newest one is there for a guest that is sent, beside the one by which it runs."""
    return len(permits) > 1 and permits[-1].kind == INCOMING and permits[-2].ended is None


class Checks:
    """`turn` is called after each turn; `wrote` before, if the database may have changed."""

    def __init__(self, storage: Storage, hosts: dict[str, SimHost], timeline: Timeline) -> None:
        self.rows = NOTHING
        self.twins_allowed = False
        """Two copies at once are what the race is about, and cannot be helped (X1 to X4)."""
        self.proofs_may_be_wrong = False
        """A copy of a machine makes proofs until the machine itself is heard (D4, F5)."""
        self.twins: list[str] = []
        self.never: list[tuple[str, Callable[[], bool]]] = []
        """What a scenario wants not to hold, at no time, with its words."""
        self.recoveries: RecoveryChecks | None = None
        """Where hosts are recovered."""
        self._storage = storage
        self._hosts = hosts
        self._timeline = timeline
        self._stale = True
        self._highest: dict[str, int] = {}
        self._counted: dict[tuple[str, str], int] = {}

    def wrote(self) -> None:
        """The database is to be read again."""
        self._stale = True

    def forget(self) -> None:
        """Another database is there, which may know less."""
        self.rows, self._highest, self._stale = NOTHING, {}, True

    def turn(self) -> None:
        """Raises Broken."""
        if self._stale:
            self._stale = False
            before, self.rows = self.rows, read(self._storage)
            self._timeline.changed(before, self.rows)
            self._permits(self.rows)
            if self.recoveries is not None:
                self.recoveries.wrote()
        if self.recoveries is not None:
            self.recoveries.turn()
        self._copies()
        self._counters()
        for words, holds in self.never:
            if holds():
                raise Broken(f"never: {words}")

    # ------------------------------------------------------------------------------ never twice

    def _copies(self) -> None:
        for uuid, where in writers(self._hosts).items():
            if len(where) > 1:
                self._twin(f"{self._timeline.name(uuid)} runs on {' and '.join(where)}")
        for host in self._hosts.values():
            if host.guests is None:
                continue
            for found in host.guests.twins:
                self._twin(found)
            host.guests.twins.clear()
            for uuid, copy in host.guests.copies.items():
                if copy.mark:  # what is not whole can be sent to whoever gave it up just now
                    self._rightful(uuid, copy.holder)

    def _counters(self) -> None:
        """What was written once is there; a local disk may be left behind for an empty one (D1)."""
        for host in self._hosts.values():
            pool = host.path.pool
            for uuid, (count, _) in pool.written.items():
                key = (pool.id, uuid)
                if count < self._counted.get(key, 0) and pool.kind is not PoolClass.LOCAL:
                    raise Broken(f"the counter of {self._timeline.name(uuid)} goes back to {count}")
                self._counted[key] = count

    def _twin(self, what: str) -> None:
        if what not in self.twins:
            self.twins.append(what)
            self._timeline.say(f"TWIN: {what}")
        if not self.twins_allowed:
            raise Broken(f"twin: {what}")

    def _rightful(self, uuid: str, holder: Holder) -> None:
        """What ended by a surrender or a proof runs nowhere; other words may be wrong."""
        may_be_wrong = (*_MAY_BE_WRONG, PROOF) if self.proofs_may_be_wrong else _MAY_BE_WRONG
        for each in self.rows.permits.get(uuid, []):
            if each.holder == holder and each.ended and each.ended.kind not in may_be_wrong:
                name = self._timeline.name(uuid)
                raise Broken(f"{name} has a process of {holder}, which ended by {each.ended.kind}")

    def _permits(self, rows: Rows) -> None:
        for uuid, permits in rows.permits.items():
            name = self._timeline.name(uuid)
            generations = [each.generation for each in permits]
            if len({(each.generation, each.host_id) for each in permits}) != len(permits):
                raise Broken(f"generations of {name}: {generations}")
            if sum(each.ended is None for each in permits) > 1 + _waits(permits):
                raise Broken(f"{name}: {permits[-1].holder} was granted over one that is open")
            highest = max(generations, default=0)
            if highest < self._highest.get(uuid, 0):
                raise Broken(f"generations of {name} went back to {highest}")
            self._highest[uuid] = highest

    # -------------------------------------------------------------------------------- at rest

    def unrest(self) -> list[str]:
        """What is left over; nothing once everything has come to rest."""
        self.wrote()
        self.turn()
        found, rows = [], self.rows
        if self.recoveries is not None:
            found += self.recoveries.unrest()
        for uuid, instance in rows.instances.items():
            name = self._timeline.name(uuid)
            if instance.task_state is not None and not instance.deleted:
                found.append(f"{name} has the task {instance.task_state}")
            found += [
                f"a move of {name} is {each.status.value}"
                for each in rows.moves[uuid]
                if each.status in IN_PROGRESS
            ]
            found += self._left(uuid, instance.deleted or instance.wanted == Wanted.GONE)
            if not instance.deleted:
                found += self._in_place(uuid, rows)
            if awaited(rows.permits[uuid]):
                found.append(f"{name} is awaited")
        found += [
            f"{host.name} still notes {note.holder('')} of {self._timeline.name(note.uuid)}"
            for host in self._hosts.values()
            for note in host.state.notes.all()
            if note.open and note.generation != self._open_generation(note.uuid, host)
        ]
        return found

    def _open_generation(self, uuid: str, host: SimHost) -> int:
        held = self._held(uuid)
        return held.generation if held is not None and held.host == host.name else 0

    def _held(self, uuid: str) -> Permit | None:
        return held(self.rows.permits[uuid])

    def _left(self, uuid: str, gone: bool) -> list[str]:
        """What lies on pools."""
        name, found = self._timeline.name(uuid), []
        held = self._held(uuid)
        for pool in {host.path.pool.id: host.path.pool for host in self._hosts.values()}.values():
            lease = pool.leases.read(uuid)
            if gone and (uuid in pool.written or (lease and lease.state is not LeaseState.DELETED)):
                found.append(f"{name} is deleted, and on {pool.id} is left {lease}")
            if lease is None or gone or lease.state is LeaseState.FREE:
                continue
            if held is None or lease.holder.generation > held.generation:
                found.append(f"the claim of {lease.holder} of {name} on {pool.id} is nobody's")
        return found

    def _in_place(self, uuid: str, rows: Rows) -> list[str]:
        """It runs where it is shown, under its permit, or nowhere."""
        instance, held = rows.instances[uuid], self._held(uuid)
        name = self._timeline.name(uuid)
        where = writers(self._hosts).get(uuid, [])
        should = [instance.host] if instance.vm_state == VmState.ACTIVE else []
        if where != should and instance.vm_state != VmState.ERROR:
            return [f"{name} is {instance.vm_state} on {instance.host} and runs on {where}"]
        if instance.host is not None and (held is None or held.host != instance.host):
            return [f"{name} is shown on {instance.host}, and the permit is {held}"]
        return []
