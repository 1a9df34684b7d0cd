"""What must hold while hosts are fenced and recovered, after each turn."""

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from tests.scenarios.world import Broken
from tests.servers.scene import LIVENESS

from hostdown.domain.liveness import is_silent, window
from hostdown.domain.model import HostRecord, Service
from hostdown.domain.recovery import OVER, WINDOW, Stage
from hostdown.services.permit_ports import Proof
from hostdown.services.recovery_ports import Recovery

if TYPE_CHECKING:
    from tests.scenarios.sim import Sim
    from tests.scenarios.watch import Watch

RECENT = 1000
LATE_MAX_S = 20.0
"""A power-off reaches its device so long after it was written down: the lease, the call, steps."""
LIVES_MAX_S = 10.0
"""A host that lives on is believed so soon, whatever was proven; a step may take longer then."""
LIVES_MAX_LATE_S = 30.0
PROVEN = frozenset({Stage.FENCED, Stage.EVACUATING, Stage.DONE})


class Facts(NamedTuple):
    """The database, by recovery and by host."""

    recoveries: Mapping[int, Recovery]
    services: Mapping[str, Service]


def stage(seen: Recovery) -> str:
    """In words."""
    return seen.stage.value if seen.held is None else f"{seen.stage.value} by {seen.held.value}"


class RecoveryChecks:
    """`wrote` is called after each turn that may have changed the database, `turn` after each."""

    def __init__(self, sim: "Sim", watch: "Watch") -> None:
        self.facts = Facts({}, {})
        self._sim = sim
        self._watch = watch
        self._cell = sim.store.storage.cells.all()[0]
        self._by_host: dict[str, list[Recovery]] = {}
        self._proofs: dict[str, list[Proof]] = {}
        """By host, as far as it was asked since the database changed."""
        self._due = 0.0
        self._sent_at: dict[str, float] = {}
        """When it was written down last that a host is sent a power-off."""
        self._seen_sent = 0
        self._lives_since: dict[str, float] = {}
        self._told: Counter[str] = Counter()
        """What befell light hosts in this second."""
        self._told_at = 0

    def wrote(self) -> None:
        """Raises Broken."""
        self._proofs = {}
        recoveries = self._cell.read(lambda rows: rows.recoveries.find(RECENT))[::-1]
        services = self._sim.checks.rows.services
        before, self.facts = self.facts, Facts({each.id: each for each in recoveries}, services)
        self._by_host = {}
        for seen in recoveries:
            self._by_host.setdefault(seen.host, []).append(seen)
        self._unreachable(before, self.facts)
        for seen in self.facts.recoveries.values():
            was = before.recoveries.get(seen.id)
            if was != seen:
                self._changed(was, seen)
        self._sent()

    def turn(self) -> None:
        """Raises Broken; what does not need each turn is looked at each second."""
        if self._sim.world.seconds >= self._due:
            self._due = self._sim.world.seconds + 1.0
            self._tell()
            self._lives()

    def stage_of(self, host: str) -> str:
        """Of its newest recovery."""
        found = self.newest(host)
        return "none" if found is None else stage(found)

    def of_host(self, host: str) -> list[Recovery]:
        """Oldest first."""
        return self._by_host.get(host, [])

    def newest(self, host: str) -> Recovery | None:
        return next(reversed(self.of_host(host)), None)

    def is_silent(self, host: str) -> bool:
        """Nobody hears it: no pulses, and no reports."""
        life = window(self._sim.world.now(), LIVENESS)
        return is_silent(self.facts.services[host], life)

    def proofs(self, host: str) -> list[Proof]:
        """That cover the boot of its newest recovery, and are not void."""
        seen = self.newest(host)
        if seen is None:
            return []
        if host not in self._proofs:
            found = self._cell.read(lambda rows: rows.proofs.covering(seen.host_id, seen.boot))
            self._proofs[host] = [each for _, each in found]
        return self._proofs[host]

    def say(self, host: str, what: str) -> None:
        """Of light hosts only how many there were."""
        if host not in self._watch.crowd.hosts:
            self._sim.timeline.say(f"{host} {what}")
            return
        self._tell()
        self._told[what] += 1

    def unrest(self) -> list[str]:
        """Recoveries of which more is to come."""
        found = self.facts.recoveries.values()
        return [
            f"the recovery of {each.host} is {stage(each)}: {each.reason}"
            for each in found
            if each.stage not in OVER
        ]

    # ------------------------------------------------------------------------------ each of them

    def _unreachable(self, before: Facts, after: Facts) -> None:
        for host, service in after.services.items():
            was = before.services.get(host)
            if was is not None and was.unreachable_at != service.unreachable_at:
                is_silent = service.unreachable_at is not None
                self.say(host, "is silent" if is_silent else "is heard")

    def _changed(self, was: Recovery | None, seen: Recovery) -> None:
        if was is None or stage(was) != stage(seen):
            self.say(seen.host, f"has a recovery: {stage(seen)}")
        if seen.sent_at is not None and (was is None or was.sent_at != seen.sent_at):
            self._sent_at[seen.host] = self._sim.world.seconds
        begins = seen.attempted_at is not None and (was is None or was.attempted_at is None)
        if begins and not self.is_silent(seen.host):
            raise Broken(f"{seen.host} is to be fenced, and is heard")
        if seen.proof is not None and (was is None or was.proof is None):
            self._proven(seen)

    def _proven(self, seen: Recovery) -> None:
        """What its watchdog has reset does not run."""
        kinds = [each.kind for each in self.proofs(seen.host)]
        host, record = self._watch.everybody()[seen.host], self._record(seen)
        of_boot = record is not None and (record.boot, record.boot_id) == (seen.boot, host.boot_id)
        if "watchdog" in kinds and host.is_on and of_boot:
            raise Broken(f"{seen.host} is proven over by its watchdog, and lives")

    def _sent(self) -> None:
        """Of each power-off that a device took."""
        now = self._sim.world.seconds
        for at, host in self._watch.sent[self._seen_sent :]:
            if at - self._sent_at.get(host, float("-inf")) > LATE_MAX_S:
                raise Broken(f"{host} is sent a power-off of which nothing is written")
            recent = {
                each for when, each in self._watch.sent if now - when < WINDOW.total_seconds()
            }
            gated = {each.host for each in self.facts.recoveries.values() if each.gated}
            self._gate(recent & gated, self._watch.domain(host))
        self._seen_sent = len(self._watch.sent)

    def _gate(self, hosts: set[str], domain: str) -> None:
        everybody = self.facts.services.keys()
        here = [each for each in everybody if self._watch.domain(each) == domain]
        fenced = [each for each in hosts if self._watch.domain(each) == domain]
        if len(fenced) > max(1, len(here) // 4):
            raise Broken(f"{len(fenced)} of {len(here)} hosts of {domain} were sent power-offs")
        if len(hosts) > max(2, len(everybody) // 10):
            raise Broken(f"{len(hosts)} of {len(everybody)} hosts were sent power-offs")

    def _lives(self) -> None:
        """A proof of a boot that lives, and is heard all the time, is void soon (F5)."""
        now = self._sim.world.seconds
        hosts = self._watch.everybody()
        is_led = all(
            not each.group.stopped and not each.is_isolated and not each.group.dead
            for each in self._sim.servers
        )
        most = LIVES_MAX_S if self._sim.world.calm else LIVES_MAX_LATE_S
        for seen in self.facts.recoveries.values():
            host = hosts[seen.host]
            lives = host.said is not None and not host.link.is_cut and not host.link.no_pulses
            if seen.stage not in PROVEN or not (lives and is_led) or self._boot(seen) > seen.boot:
                self._lives_since.pop(seen.host, None)
            elif now - self._lives_since.setdefault(seen.host, now) > most:
                raise Broken(f"{seen.host} lives, and what it runs is proven over")

    def _boot(self, seen: Recovery) -> int:
        record = self._record(seen)
        return seen.boot if record is None else record.boot

    def _record(self, seen: Recovery) -> HostRecord | None:
        directory = self._sim.store.storage.directory
        return directory.read(lambda rows: rows.hosts.get(seen.host_id))

    def _tell(self) -> None:
        second = int(self._sim.world.seconds)
        if second != self._told_at:
            told, self._told, self._told_at = self._told, Counter(), second
            for what, count in told.items():
                self._sim.timeline.say(f"{count} hosts: each {what}")
