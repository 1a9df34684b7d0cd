"""Whether the servers of hosts that are lost find room on the others, by the rules of placement.

Thousands of losses are tried on the same hosts. So the hosts are ordered once for each need, as
they are; a loss remembers only those that it gave servers to, which are few, and keeps these in a
heap for each need. The best host is the better one of the first that it did not touch and of that
heap's top, which is what `destinations.decide` would find among all of them.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from heapq import heappop, heappush
from typing import NamedTuple

from hostdown.domain.destinations import (
    AFFINITY,
    NOTHING,
    Candidate,
    Group,
    Need,
    Ratios,
    Sizes,
    Weight,
    decide,
    refusal_of,
    weight,
    with_one_less,
    with_one_more,
)

REFUSALS_MAX = 3
"""Reasons named, the most frequent first."""


_Touched = tuple[Weight, Candidate]
"""A host as a loss left it at some time, and what it weighed then."""


class Packed(NamedTuple):
    """A server that has to find a host. `need` is without its group, which is named by `group`;
    `priority`: the higher, the sooner.
    """

    uuid: str
    host: str
    need: Need
    group: str | None = None
    priority: int = 0

    @property
    def sizes(self) -> Sizes:
        """What it is promised."""
        return Sizes(self.need.vcpus, self.need.memory_mb, self.need.disk_gb)


class Outcome(NamedTuple):
    """What becomes of a loss: the servers that no host takes, the first one's reason, and the
    reserved hosts that are taken into use.
    """

    stay: list[str]
    reason: str | None
    reserves: list[str]


class Packing:
    """Hosts as they are, by name, and the server groups with their members on them."""

    def __init__(
        self, hosts: Mapping[str, Candidate], groups: Mapping[str, Group], ratios: Ratios
    ) -> None:
        self.hosts = hosts
        self.groups = groups
        self.ratios = ratios
        self._orders: dict[Need, list[Weight]] = {}

    def order(self, need: Need) -> list[Weight]:
        """Of all hosts that do for it, the best first."""
        found = self._orders.get(need)
        if found is None:
            fit = (each for each in self.hosts.values() if self.fits(each, need))
            found = self._orders[need] = sorted(self.weight(each, need) for each in fit)
        return found

    def fits(self, host: Candidate, need: Need) -> bool:
        """Whether the host can have it."""
        return refusal_of(host, need, self.ratios) is None

    def weight(self, host: Candidate, need: Need) -> Weight:
        """The lowest is the best."""
        return weight(host, need, self.ratios)

    def lose(self, lost: frozenset[str], servers: Sequence[Packed], why: bool = False) -> Outcome:
        """What becomes of these servers, in this order; `why`: the reason is wanted, too."""
        loss = _Loss(self, lost, servers)
        outcome = Outcome([], None, [])
        for each in servers:
            if loss.place(each, outcome.reserves):
                continue
            if why and not outcome.stay:
                outcome = outcome._replace(reason=loss.reason(each))
            outcome.stay.append(each.uuid)
        return outcome


class _Loss:
    """One loss, while its servers are placed."""

    def __init__(self, packing: Packing, lost: frozenset[str], servers: Sequence[Packed]) -> None:
        self._packing = packing
        self._lost = lost
        self._touched: dict[str, Candidate] = {}
        self._heaps: dict[Need, list[_Touched]] = {}
        self._passed: Counter[Need] = Counter()
        """How many of a need's order are touched or lost, counted from the best."""
        self._company = _Company(packing.groups, lost, servers)
        self._held: dict[str, str] = {}
        """Members of affinity groups, and the host that keeps room for each."""

    def place(self, server: Packed, reserves: list[str]) -> bool:
        """Give it a host; False if none will do. A reserved one is the last resort."""
        held = self._held.pop(server.uuid, None)
        if held is not None:
            self._touch(with_one_less(self._now(held), server.sizes))
        chosen = self._chosen(server, server.need)
        if chosen is None:
            chosen = self._chosen(server, server.need._replace(reserves=True))
        if chosen is None:
            return False
        if chosen.reserved:
            reserves.append(chosen.host)
            chosen = chosen._replace(enabled=True, reserved=False)
        self._touch(with_one_more(chosen, server.sizes))
        for each in self._company.placed(server, chosen.host):
            self._held[each.uuid] = chosen.host
            self._touch(with_one_more(self._now(chosen.host), each.sizes))
        return True

    def reason(self, server: Packed) -> str:
        """Why no host will do: how many have which reason."""
        left = (self._now(host) for host in self._packing.hosts if host not in self._lost)
        need = server.need._replace(reserves=True, group=self._company.of(server))
        counts = Counter(decide(left, need, self._packing.ratios).refused.values())
        told = [f"{reason} ({number} hosts)" for reason, number in counts.most_common(REFUSALS_MAX)]
        return "; ".join(told) or "there are no other hosts"

    # ------------------------------------------------------------------------------- the best host

    def _chosen(self, server: Packed, need: Need) -> Candidate | None:
        group = self._company.of(server)
        if group is None:
            return self._best(need, _any)
        grouped, members = need._replace(group=group), group.members
        fits, hosts = self._packing.fits, self._packing.hosts
        there = (self._now(host) for host in members if host in hosts)
        found = [each for each in there if fits(each, grouped)]
        if group.policy != AFFINITY or not members:
            # Whatever the policy says of hosts without members, it says the same of all of them.
            best = self._best(need, lambda it: it.host not in members and fits(it, grouped))
            found += [] if best is None else [best]
        return min(found, key=lambda each: self._packing.weight(each, grouped), default=None)

    def _best(self, need: Need, will_do: Callable[[Candidate], bool]) -> Candidate | None:
        touched = self._best_touched(need, will_do)
        hosts = self._packing.hosts
        first = next((it for it in self._untouched(need) if will_do(hosts[it[-1]])), None)
        if first is None or (touched is not None and touched[0] < first):
            return touched and touched[1]
        return hosts[first[-1]]

    def _best_touched(self, need: Need, will_do: Callable[[Candidate], bool]) -> _Touched | None:
        heap, set_aside = self._heap(need), list[_Touched]()
        while heap:
            host = heap[0][1]
            if self._touched[host.host] is not host or not self._packing.fits(host, need):
                heappop(heap)
            elif will_do(host):
                break
            else:
                set_aside.append(heappop(heap))
        found = heap[0] if heap else None
        for each in set_aside:
            heappush(heap, each)
        return found

    def _untouched(self, need: Need) -> Iterator[Weight]:
        """The best first. What is touched stays so: it is passed for good."""
        order = self._packing.order(need)
        for place in range(self._passed[need], len(order)):
            if not (order[place][-1] in self._touched or order[place][-1] in self._lost):
                yield order[place]
            elif place == self._passed[need]:
                self._passed[need] += 1

    def _heap(self, need: Need) -> list[_Touched]:
        heap = self._heaps.get(need)
        if heap is None:
            heap = self._heaps[need] = []
            for each in self._touched.values():
                heappush(heap, (self._packing.weight(each, need), each))
        return heap

    def _now(self, host: str) -> Candidate:
        return self._touched.get(host) or self._packing.hosts[host]

    def _touch(self, after: Candidate) -> None:
        self._touched[after.host] = after
        for need, heap in self._heaps.items():
            heappush(heap, (self._packing.weight(after, need), after))


def _any(_: Candidate) -> bool:
    return True


class _Company:
    """The groups of one loss's servers, as their members are placed."""

    def __init__(
        self, groups: Mapping[str, Group], lost: frozenset[str], servers: Sequence[Packed]
    ) -> None:
        self._groups: dict[str, Group] = {}
        self._waiting: dict[str, dict[str, Packed]] = {}
        for each in servers:
            if each.group is None or each.group not in groups:
                continue
            known = groups[each.group]
            there = {host: number for host, number in known.members.items() if host not in lost}
            self._groups[each.group] = known._replace(members=there)
            self._waiting.setdefault(each.group, {})[each.uuid] = each

    def of(self, server: Packed) -> Group | None:
        """The server's group as it is now; None if it has none."""
        group = self._groups.get(server.group or "")
        if group is None:
            return None
        waiting = NOTHING
        for each in self._waiting[server.group or ""].values():
            if each.uuid != server.uuid:
                sums = zip(waiting, each.sizes, strict=True)
                waiting = Sizes(*(one + more for one, more in sums))
        return group._replace(waiting=waiting)

    def placed(self, server: Packed, host: str) -> list[Packed]:
        """It goes there; the other members for which room has to be kept there, too."""
        name = server.group or ""
        group = self._groups.get(name)
        if group is None:
            return []
        waiting = self._waiting[name]
        waiting.pop(server.uuid)
        follow = list(waiting.values()) if group.policy == AFFINITY and not group.members else []
        there = {**group.members, host: group.members.get(host, 0) + 1}
        self._groups[name] = group._replace(members=there)
        return follow
