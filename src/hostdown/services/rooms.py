"""Where servers that move can go, within one transaction that moves several of them.

The hosts are looked at once; each server that was given a place is remembered for the next one.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from hostdown.domain.aggregate_specs import asked_for
from hostdown.domain.assignment import Disk
from hostdown.domain.destinations import (
    AFFINITY,
    Candidate,
    Group,
    Need,
    Sizes,
    decide,
    refusal_of,
    with_one_less,
    with_one_more,
)
from hostdown.domain.disk_moves import LocalDisks
from hostdown.domain.instance import Instance, Permit
from hostdown.domain.migration import Migration, MigrationType, Step
from hostdown.domain.model import HostRecord
from hostdown.domain.ranking import Ranking
from hostdown.domain.reserves import may_use
from hostdown.services.cell_ports import CellRows
from hostdown.services.companions import Companions, Company, sizes_of
from hostdown.services.migration_ports import MigrationQuery
from hostdown.services.move_disks import MoveDisks
from hostdown.services.placement import Hosts, candidates, reason_of


class Limits(NamedTuple):
    """How many servers may be on their way at once: in all, to one host (DESIGN §9), and of those
    that one host sends while they run."""

    at_once: int
    per_destination: int
    live_per_source: int = 4


UNLIMITED = Limits(2**31, 2**31, 2**31)
"""For who only wants to know where servers would go."""


class Choice(NamedTuple):
    """A host, or why there is none; `later`: there may be one once others have arrived."""

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
        self._limits = limits
        # Their boots are those of the records, which were read before this transaction. That is
        # safe: a permit for an older boot is void there, and ended as soon as the host asks for its
        # assignments (`assignments.fetch`). Whether a host is up is read in this transaction.
        self._candidates = {each.host: each for each in candidates(rows, hosts)}
        self._disks = MoveDisks(self._candidates, hosts.records)
        self._companions = Companions(rows, groups, self._is_up)
        self._under_way = Counter(rows.migrations.under_way())
        self._rankings: dict[Need, Ranking] = {}
        self._held: dict[str, tuple[str, Sizes]] = {}
        """Members of affinity groups, the host that keeps room for each of them, and how much."""

    def may_send(self, host: str) -> bool:
        """Whether it can send one more guest while that runs: all of them share its network."""
        return self._sending[host] < self._limits.live_per_source

    def sends(self, host: str) -> None:
        """It has one more to send."""
        self._sending[host] += 1

    @cached_property
    def _sending(self) -> Counter[str]:
        live, sent = [MigrationType.LIVE.value], [Step.WATCH.value]
        query = MigrationQuery(equal=[("type", live), ("step", sent)])
        return Counter(each.source_host for each in self._rows.migrations.find(query))

    def record(self, host: str) -> HostRecord:
        """Of a host that was chosen."""
        return self._hosts.records[host]

    def candidate(self, host: str) -> Candidate | None:
        """A host as it is now, whether it would do or not."""
        return self._candidates.get(host)

    def reaching(self, pool_id: str, host: str) -> HostRecord | None:
        """A host that is up and has this pool; "" stands for whatever `host` has."""
        for each in self._candidates.values():
            mine = each.resources.pool_id == pool_id if pool_id else each.host == host
            if mine and each.is_up:
                return self._hosts.records[each.host]
        return None

    def known(self, host: str) -> HostRecord | None:
        """Of any host; None if it is gone."""
        return self._hosts.records.get(host)

    # ------------------------------------------------------------------------------- choosing

    def has_any(self, instance: Instance, of: Migration, permits: Sequence[Permit]) -> bool:
        """Whether some host has room for the server now."""
        need = self._need(instance, of, permits, self._companions.of(instance))
        with self._as_if_let_go(instance, of):
            if _is_plain(need, of) and self._ranking(need).best(lambda it: it == of.source_host):
                return True
            return any(self._fits(each, need, of) for each in self._left(of))

    def choose(self, instance: Instance, of: Migration, permits: Sequence[Permit]) -> Choice:
        """The best host for the server, if there is one that has not been tried.

        `permits` are all that it ever had.
        """
        company = self._companions.of(instance)
        need = self._need(instance, of, permits, company)
        with self._as_if_let_go(instance, of):
            return self._chosen(need, of, company)

    def _chosen(self, need: Need, of: Migration, company: Company | None) -> Choice:
        if _is_plain(need, of):
            best = self._ranking(need).best(
                lambda host: host == of.source_host or self._is_full(host)
            )
            if best is not None:
                return Choice(best, "")
        left = list(self._left(of))
        decision = decide(left, need, self._hosts.ratios)
        chosen = decision.chosen
        if chosen is None:
            later = company is not None and company.group.policy == AFFINITY and company.unsure
            if may_use(of) and not (later or need.reserves):
                return self._chosen(need._replace(reserves=True), of, company)
            return Choice(None, self._reason(decision.refused, of), later)
        if self._is_full(chosen.host):
            free = [each for each in left if not self._is_full(each.host)]
            chosen = decide(free, need, self._hosts.ratios).chosen
        return Choice(chosen, "", later=chosen is None)

    def taken(self, instance: Instance, by: Candidate) -> None:
        """It has its place; the first of an affinity group keeps one for those that follow."""
        company = self._companions.of(instance)
        self._let_go(instance)
        if by.reserved:
            self._candidates[by.host] = by._replace(enabled=True, reserved=False)
            self._rankings.clear()
        self._companions.placed(instance, by.host)
        self._under_way[by.host] += 1
        self._promise(instance, by.host)
        if company is None or company.group.policy != AFFINITY or company.group.members:
            return
        for each in company.waiting:
            self._promise(each, by.host)
            self._held[each.uuid] = by.host, sizes_of(each)

    def remember(self, rows: CellRows, now: datetime) -> None:
        """Keep room for members of affinity groups beyond this transaction: their host is named."""
        query = MigrationQuery(equal=[("open_key", sorted(self._held))])
        for seen in rows.migrations.find(query) if self._held else ():
            host, _ = self._held[seen.instance]
            if seen.step is not Step.WATCH and seen.dest_host != host:
                rows.migrations.replace(seen, seen._replace(dest_host=host, updated_at=now))

    def _promise(self, instance: Instance, host: str) -> None:
        self._candidates[host] = with_one_more(self._candidates[host], sizes_of(instance))

    @contextmanager
    def _as_if_let_go(self, instance: Instance, of: Migration) -> Iterator[None]:
        """With what is kept for it free for it; it is kept on unless it is `taken` then."""
        there = of.dest_host
        if there in self._candidates and there != instance.host:
            # An earlier transaction kept it, or sent it there in vain: `promised` has it, too.
            self._held.setdefault(instance.uuid, (there, sizes_of(instance)))
        kept = self._let_go(instance)
        yield
        if kept is not None:
            self._promise(instance, kept[0])
            self._held[instance.uuid] = kept

    def _let_go(self, instance: Instance) -> tuple[str, Sizes] | None:
        """What is kept for it is free; rankings know only hosts that fill up."""
        kept = self._held.pop(instance.uuid, None)
        if kept is not None:
            host, sizes = kept
            self._candidates[host] = with_one_less(self._candidates[host], sizes)
            self._rankings.clear()
        return kept

    def _ranking(self, need: Need) -> Ranking:
        found = self._rankings.get(need)
        if found is None:
            found = self._rankings[need] = Ranking(self._candidates, need, self._hosts.ratios)
        return found

    def _left(self, of: Migration) -> Iterator[Candidate]:
        for each in self._candidates.values():
            if each.host != of.source_host and each.host not in of.tried:
                yield each

    def _fits(self, host: Candidate, need: Need, of: Migration) -> bool:
        need = need._replace(reserves=may_use(of))
        return refusal_of(host, need, self._hosts.ratios) is None

    def _is_full(self, host: str) -> bool:
        return self._under_way[host] >= self._limits.per_destination

    def _is_up(self, host: str) -> bool:
        found = self._candidates.get(host)
        return found is not None and found.is_up

    def _need(
        self,
        instance: Instance,
        of: Migration,
        permits: Sequence[Permit],
        company: Company | None,
    ) -> Need:
        need = Need(
            *sizes_of(instance),
            specs=asked_for(instance.flavor.extra_specs),
            hosts=None if of.wish.host is None else [of.wish.host],
            pool=self._disks.pool_of(permits),
            keeps_disk=self._hosts.local_disks is LocalDisks.REFUSE
            or of.type is not MigrationType.EVACUATION,
        )
        if of.wish.forced:
            return need._replace(specs=())
        group = None if company is None else company.group
        return need._replace(zone=instance.pinned_zone, group=group)

    def _reason(self, refused: Mapping[str, object], of: Migration) -> str:
        reasons = {host: str(why) for host, why in refused.items()}
        return reason_of({**reasons, **of.tried})

    # ---------------------------------------------------------------------------------- disks

    def disk(self, host: str, permits: Sequence[Permit]) -> tuple[Disk, int]:
        """Whether the disk is there, and which generation last wrote to it (NEVER-TWICE D1)."""
        return self._disks.at(host, permits)

    def notes(self, to: Candidate, permits: Sequence[Permit]) -> str | None:
        """What has to be said of a move there: what is lost, what only a word protects."""
        return self._disks.notes(to.host, permits)


def _is_plain(need: Need, of: Migration) -> bool:
    """Whether others have the same need, so that it pays to rank the hosts by it."""
    return need.group is None and need.hosts is None and not of.tried
