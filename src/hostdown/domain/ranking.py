"""The best host for one need, again and again, while hosts fill up.

`decide` looks at all hosts each time, which is most of what moving a server costs where there are a
thousand. Here they are weighed once and kept in a heap. What is taken of a host can only make it
worse, so that only the one on top has to be looked at: whether it fits, and what it weighs now.
"""

from collections.abc import Callable, Mapping
from heapq import heapify, heappop, heappush, heapreplace

from hostdown.domain.destinations import Candidate, Need, Ratios, Weight, refusal_of, weight


class Ranking:
    """The hosts for one need; `hosts` by name may change, as long as none gets room."""

    def __init__(self, hosts: Mapping[str, Candidate], need: Need, ratios: Ratios) -> None:
        self._hosts = hosts
        self._need = need
        self._ratios = ratios
        self._heap = [self._weight(each) for each in hosts.values()]
        heapify(self._heap)

    def best(self, is_passed_over: Callable[[str], bool]) -> Candidate | None:
        """As `decide` among those that are not passed over this time."""
        set_aside: list[Weight] = []
        found = self._first(is_passed_over, set_aside)
        for each in set_aside:
            heappush(self._heap, each)
        return found

    def _first(
        self, is_passed_over: Callable[[str], bool], set_aside: list[Weight]
    ) -> Candidate | None:
        heap = self._heap
        while heap:
            seen, host = heap[0], self._hosts[heap[0][-1]]
            now = self._weight(host)
            if not self._fits(host):
                heappop(heap)
            elif now != seen:
                heapreplace(heap, now)
            elif is_passed_over(host.host):
                set_aside.append(heappop(heap))
            else:
                return host
        return None

    def _fits(self, host: Candidate) -> bool:
        return refusal_of(host, self._need, self._ratios) is None

    def _weight(self, host: Candidate) -> Weight:
        return weight(host, self._need, self._ratios)
