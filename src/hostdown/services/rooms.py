"""Where servers that move can go, within one transaction that moves several of them.

The hosts are looked at once; each server that was given a place is remembered for the next one.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from hostdown.domain.assignment import Disk
from hostdown.domain.destinations import Candidate, Group, Need, decide, refusal_of
from hostdown.domain.disk_moves import LocalDisks
from hostdown.domain.instance import Instance, Permit
from hostdown.domain.migration import Migration, MigrationType
from hostdown.domain.model import HostRecord
from hostdown.services.cell_ports import CellRows
from hostdown.services.instance_ports import InstanceQuery
from hostdown.services.migration_ports import MigrationQuery
from hostdown.services.move_disks import MoveDisks
from hostdown.services.placement import Hosts, candidates, reason_of, with_one_more


class Limits(NamedTuple):
    """How many servers may be on their way at once: in all, and to one host (DESIGN §9)."""

    at_once: int
    per_destination: int


UNLIMITED = Limits(2**31, 2**31)
"""For who only wants to know where servers would go."""


class Choice(NamedTuple):
    """A host, or why there is none; `later`: there will be one once others have arrived."""

    chosen: Candidate | None
    reason: str
    later: bool = False


class Rooms:
    """The places of one transaction. `groups` are the policies of server groups, by uuid."""

    def __init__(
        self, rows: CellRows, hosts: Hosts, groups: Mapping[str, Group], limits: Limits
    ) -> None:
        self._rows = rows
        self._hosts = hosts
        self._groups = groups
        self._limits = limits
        self._candidates = {each.host: each for each in candidates(rows, hosts)}
        self._disks = MoveDisks(self._candidates, hosts.records)
        self._under_way = Counter(rows.migrations.under_way())

    def has_any(self, instance: Instance, of: Migration, permits: Sequence[Permit]) -> bool:
        """Whether some host has room for the server now."""
        need = self._need(instance, of, permits)
        ratios = self._hosts.ratios
        return any(refusal_of(each, need, ratios) is None for each in self._left(of))

    def record(self, host: str) -> HostRecord:
        """Of a host that was chosen."""
        return self._hosts.records[host]

    def candidate(self, host: str) -> Candidate | None:
        """A host as it is now, whether it would do or not."""
        return self._candidates.get(host)

    def known(self, host: str) -> HostRecord | None:
        """Of any host; None if it is gone."""
        return self._hosts.records.get(host)

    def choose(self, instance: Instance, of: Migration, permits: Sequence[Permit]) -> Choice:
        """The best host for the server, if there is one that has not been tried.

        `permits` are all that it ever had.
        """
        left = list(self._left(of))
        need = self._need(instance, of, permits)
        decision = decide(left, need, self._hosts.ratios)
        chosen = decision.chosen
        if chosen is None:
            return Choice(None, self._reason(decision.refused, of))
        if self._is_full(chosen):
            free = [each for each in left if not self._is_full(each)]
            chosen = decide(free, need, self._hosts.ratios).chosen
        return Choice(chosen, "", later=chosen is None)

    def _left(self, of: Migration) -> Iterator[Candidate]:
        for each in self._candidates.values():
            if each.host != of.source_host and each.host not in of.tried:
                yield each

    def taken(self, instance: Instance, by: Candidate) -> None:
        """It has its place."""
        sizes = (instance.flavor.vcpus, instance.flavor.memory_mb, instance.flavor.root_gb)
        self._candidates[by.host] = with_one_more(by, Need(*sizes))
        self._under_way[by.host] += 1

    def disk(self, host: str, permits: Sequence[Permit]) -> tuple[Disk, int]:
        """Whether the disk is there, and which generation last wrote to it (NEVER-TWICE D1)."""
        return self._disks.at(host, permits)

    def notes(self, to: Candidate, permits: Sequence[Permit]) -> str | None:
        """What has to be said of a move there: what is lost, what only a word protects."""
        return self._disks.notes(to.host, permits)

    def _is_full(self, candidate: Candidate) -> bool:
        return self._under_way[candidate.host] >= self._limits.per_destination

    def _need(self, instance: Instance, of: Migration, permits: Sequence[Permit]) -> Need:
        flavor = instance.flavor
        asked = of.wish.host
        hosts = None if asked is None else [asked]
        sizes = (flavor.vcpus, flavor.memory_mb, flavor.root_gb)
        need = Need(
            *sizes,
            hosts=hosts,
            pool=self._disks.pool_of(permits),
            keeps_disk=self._hosts.local_disks is LocalDisks.REFUSE
            or of.type is not MigrationType.EVACUATION,
        )
        if of.wish.forced:
            return need
        return need._replace(zone=instance.pinned_zone, group=self._group(instance))

    def _group(self, instance: Instance) -> Group | None:
        """The server's group with its other members where they are, or will be.

        Members on hosts that are down are nowhere: they have to move, too (contract 10.2, edge 39).
        """
        if instance.group is None or instance.group not in self._groups:
            return None
        query = InstanceQuery(equal=[("group_uuid", [instance.group])])
        others = [each for each in self._rows.instances.find(query) if each.uuid != instance.uuid]
        moving = {
            each.instance: each.dest_host
            for each in self._rows.migrations.find(
                MigrationQuery(equal=[("open_key", [each.uuid for each in others])])
            )
            if each.generation
        }
        there: Counter[str] = Counter()
        for each in others:
            host = moving.get(each.uuid) or each.host
            if host is not None and (each.uuid in moving or self._is_up(host)):
                there[host] += 1
        return self._groups[instance.group]._replace(members=there)

    def _is_up(self, host: str) -> bool:
        found = self._candidates.get(host)
        return found is not None and found.is_up

    def _reason(self, refused: Mapping[str, object], of: Migration) -> str:
        reasons = {host: str(why) for host, why in refused.items()}
        return reason_of({**reasons, **of.tried})
