"""What scenarios wait for, expect, and want never to be so: each line's words, in one table."""

import re
from collections.abc import Callable

from tests.scenarios import fencing_words, operator_words, watchdog_words
from tests.scenarios.facts import writers
from tests.scenarios.hosts import SimHost
from tests.scenarios.sim import Sim

from hostdown.domain.errors import HostdownError, HostIsLive, HostMachineChanged, HostNameTaken
from hostdown.domain.instance import Permit
from hostdown.domain.lease import Lease
from hostdown.domain.migration import ENDED, IN_PROGRESS, Migration, Status

Condition = Callable[[], bool]


class Conditions:
    """Patterns; what is in `<>` is a word that the condition is about."""

    def __init__(self, sim: Sim) -> None:
        self._sim = sim
        self._table: dict[str, Callable[..., bool]] = {
            "<vm> is active on <host>": sim.active_on,
            "<vm> is shown on <host>": self._shown_on,
            "<vm> is <state>": self._is,
            "<vm> is deleted": self._deleted,
            "<vm> runs on <host>": lambda vm, host: self._runs(vm) == [host],
            "<vm> is settled": self._settled,
            "<vm> never booted again": lambda vm: sim.mark(vm) == sim.marks[vm],
            "<vm> runs": lambda vm: len(self._runs(vm)) == 1,
            "<vm> is evacuated from <host>": self._evacuated,
            "<vm> runs nowhere": lambda vm: self._runs(vm) == [],
            "<vm> runs under g<n>": self._runs_under,
            "<vm> is there on <host>": self._is_there,
            "the disk of <vm> is claimed under g<n>": self._claimed,
            "the lease of <vm> says <state>": self._lease_says,
            "<vm> and <vm2> have addresses of their own": self._differ,
            "<host> is shown <state>": lambda host, state: sim.calls.state(host) == state,
            "<host> has <n> servers": lambda host, n: sim.calls.servers_on(host) == int(n),
            "every move of <vm> is <status>": lambda vm, status: (
                {str(each.status) for each in self._moves(vm)} == {status}
            ),
            "every move of <vm> is over": lambda vm: (
                not any(
                    each.status in IN_PROGRESS or each.status is Status.DONE
                    for each in self._moves(vm)
                )
            ),
            "<host> is off": lambda host: not self._host(host).is_on,
            "<vm> has <n> permits": lambda vm, n: len(self._permits(vm)) == int(n),
            "<vm> has the permit g<n> on <host>": self._has_permit,
            "g<n> of <vm> ended by <kind>": self._ended_by,
            "g<n> of <vm> is open": self._is_open,
            "g<n> of <vm> is asked back": self._asked_back,
            "<vm> is a stranger on <host>": self._is_strange,
            "<vm> moved <n> times": lambda vm, n: len(self._moves(vm)) == int(n),
            "the move of <vm> is <status>": self._move_is,
            "the move of <vm> says <reason>": self._says,
            "<vm> counted to <n>": self._counted,
            "<vm> counts on": self._counts_on,
            **self._of_hosts(sim),
            **fencing_words.conditions(sim),
            **watchdog_words.conditions(sim),
            **operator_words.conditions(sim),
        }
        self._seen: dict[str, int] = {}

    def _of_hosts(self, sim: Sim) -> dict[str, Callable[..., bool]]:
        return {
            "a twin was seen": lambda: bool(sim.checks.twins),
            "the agent of <host> ended: <reason>": self._ended,
            "the agent of <host> is refused its name": self._refused,
            "the agent of <host> is stopped": self._stopped,
            "the agent of <host> misses a lease": self._misses_lease,
            "<host> is held for its identity": self._identity_held,
            "<host> is reserved": lambda host: sim.calls.is_reserved(host),
            "<host> is forced down": lambda host: sim.checks.rows.forced_down[host],
            "<host> is cleared": self._cleared,
            "<host> reports": self._reports,
            "the copy g<n> of <vm> lies on <host>": self._aside,
        }

    def of(self, words: str) -> Condition:
        """Raises ValueError for words that mean nothing."""
        negated = words.startswith("not ")
        # What names most goes first: "a is cleared" is no state of a server.
        for pattern, meaning in sorted(self._table.items(), key=lambda each: each[0].count("<")):
            regex = re.sub(r"<(\w+)>", r"(?P<\1>\\S+)", pattern)
            regex = regex.replace("(?P<stage>\\S+)", "(?P<stage>.+)")
            if pattern.endswith(("<reason>",)):
                regex = regex.removesuffix(r"\S+)") + ".+)"
            found = re.fullmatch(regex, words.removeprefix("not "))
            if found is not None:
                arguments = found.groups()
                return lambda: bool(meaning(*arguments)) is not negated
        raise ValueError(f"not understood: {words}")

    def _host(self, name: str) -> SimHost:
        return self._sim.hosts[name]

    def _runs(self, vm: str) -> list[str]:
        return writers(self._sim.hosts).get(self._sim.uuids[vm], [])

    def _is(self, vm: str, state: str) -> bool:
        found = self._sim.checks.rows.instances.get(self._sim.uuids[vm])
        return found is not None and found.vm_state == state and found.task_state is None

    def _shown_on(self, vm: str, host: str) -> bool:
        found = self._sim.checks.rows.instances.get(self._sim.uuids[vm])
        return found is not None and found.host == host and found.task_state is None

    def _deleted(self, vm: str) -> bool:
        found = self._sim.checks.rows.instances.get(self._sim.uuids[vm])
        return found is not None and found.deleted

    def _settled(self, vm: str) -> bool:
        """Nobody works on it any more."""
        found = self._sim.checks.rows.instances.get(self._sim.uuids[vm])
        over = bool(self._moves(vm)) and self._moves(vm)[-1].status in ENDED
        return over and found is not None and found.task_state is None

    def _evacuated(self, vm: str, host: str) -> bool:
        """Asked for as long as it is there, and over."""
        found = self._sim.checks.rows.instances.get(self._sim.uuids[vm])
        if found is not None and found.host == host and found.task_state is None:
            try:
                self._sim.calls.evacuate(self._sim.uuids[vm])
            except HostdownError:
                return False
            self._sim.checks.wrote()
        return found is not None and found.host != host and found.task_state is None

    def _is_there(self, vm: str, host: str) -> bool:
        """A process, running or not."""
        guests = self._host(host).guests
        return guests is not None and self._sim.uuids[vm] in guests.copies

    def _lease(self, vm: str) -> Lease | None:
        """The newest of all pools."""
        uuid = self._sim.uuids[vm]
        pools = {host.path.pool.id: host.path.pool for host in self._sim.hosts.values()}
        found = [pool.leases.read(uuid) for pool in pools.values()]
        return max((each for each in found if each), key=lambda it: it.holder, default=None)

    def _claimed(self, vm: str, generation: str) -> bool:
        lease = self._lease(vm)
        return lease is not None and lease.holder.generation == int(generation)

    def _lease_says(self, vm: str, state: str) -> bool:
        lease = self._lease(vm)
        return lease is not None and lease.state == state

    def _differ(self, one: str, other: str) -> bool:
        rows = self._sim.checks.rows.instances
        return rows[self._sim.uuids[one]].mac != rows[self._sim.uuids[other]].mac

    def _runs_under(self, vm: str, generation: str) -> bool:
        uuid, found = self._sim.uuids[vm], [each.guests for each in self._sim.hosts.values()]
        running = [each.running[uuid] for each in found if each and uuid in each.running]
        return any(each.holder.generation == int(generation) for each in running)

    def _permits(self, vm: str) -> list[Permit]:
        return self._sim.checks.rows.permits.get(self._sim.uuids[vm], [])

    def _permit(self, vm: str, generation: str) -> Permit | None:
        found = [each for each in self._permits(vm) if each.generation == int(generation)]
        return found[0] if found else None

    def _is_open(self, generation: str, vm: str) -> bool:
        permit = self._permit(vm, generation)
        return permit is not None and permit.ended is None

    def _asked_back(self, generation: str, vm: str) -> bool:
        permit = self._permit(vm, generation)
        return permit is not None and permit.asked_back

    def _is_strange(self, vm: str, host: str) -> bool:
        found = self._sim.store.storage.cells.all()[0].read(
            lambda rows: rows.strangers.of_host(self._host(host).id)
        )
        return self._sim.uuids[vm] in [each.had.uuid for each in found]

    def _has_permit(self, vm: str, generation: str, host: str) -> bool:
        held = [each for each in self._permits(vm) if each.ended is None]
        return [(each.generation, each.host) for each in held] == [(int(generation), host)]

    def _ended_by(self, generation: str, vm: str, kind: str) -> bool:
        permit = self._permit(vm, generation)
        return permit is not None and permit.ended is not None and permit.ended.kind == kind

    def _moves(self, vm: str) -> list[Migration]:
        return self._sim.checks.rows.moves.get(self._sim.uuids[vm], [])

    def _move_is(self, vm: str, status: str) -> bool:
        return bool(self._moves(vm)) and self._moves(vm)[-1].status == status

    def _says(self, vm: str, reason: str) -> bool:
        return bool(self._moves(vm)) and reason in (self._moves(vm)[-1].reason or "")

    def _count(self, vm: str) -> int:
        uuid = self._sim.uuids[vm]
        pools = {host.path.pool.id: host.path.pool for host in self._sim.hosts.values()}
        return max(pool.written[uuid].count for pool in pools.values() if uuid in pool.written)

    def _counted(self, vm: str, count: str) -> bool:
        return self._count(vm) >= int(count)

    def _counts_on(self, vm: str) -> bool:
        """Further than it was when this was asked for the first time."""
        return self._count(vm) > self._seen.setdefault(vm, self._count(vm))

    def _ended(self, host: str, reason: str) -> bool:
        over = self._host(host).over
        return over is not None and (over.reason == reason or reason in str(over))

    def _refused(self, host: str) -> bool:
        """Whether or not the one that had it last is heard at that moment."""
        over = self._host(host).over
        return over is not None and over.reason in (HostIsLive.code, HostNameTaken.code)

    def _misses_lease(self, host: str) -> bool:
        """It has raised the alarm."""
        agent = self._host(host).agent
        return agent is not None and agent.watcher.storage_lost

    def _identity_held(self, host: str) -> bool:
        """By the other one that lives, or, if that is silent just then, by its machine.

        Or with the other one: then it asks on, and is refused.
        """
        found = self._host(host)
        record = self._sim.store.storage.directory.read(lambda rows: rows.hosts.get(found.id))
        if record is not None and record.forked_at is not None:
            return not self._reports(host)
        over = found.over
        return over is not None and over.reason in (HostIsLive.code, HostMachineChanged.code)

    def _stopped(self, host: str) -> bool:
        agent = self._host(host).agent
        return agent is not None and agent.group.stopped

    def _cleared(self, host: str) -> bool:
        try:
            self._sim.calls.force(host, False)
        except HostdownError:
            return False
        self._sim.checks.wrote()
        return True

    def _reports(self, host: str) -> bool:
        agent = self._host(host).agent
        return agent is not None and agent.life.reporting

    def _aside(self, generation: str, vm: str, host: str) -> bool:
        return self._host(host).path.pool.aside.get(self._sim.uuids[vm]) == int(generation)
