"""Where a petter asks for grants: addresses, so that it never waits for a name server."""

import socket
from collections.abc import Callable

from hostdown.agent.pulser import RESOLVE_EVERY_S, Place, resolve
from hostdown.agent.pulses import Where

PLACES_MAX = 16
"""Of all names of an observer together."""

_FAMILIES = (socket.AF_INET, socket.AF_INET6)

Addresses = tuple[tuple[str, int], ...]
"""With the port of each."""


class Places:
    """Called by one thread, which may wait for a name server."""

    def __init__(
        self,
        monotonic: Callable[[], float],
        find: Callable[[str, int], list[Place]] = resolve,
    ) -> None:
        self._monotonic = monotonic
        self._find = find
        self._found: dict[Where, tuple[float, Addresses]] = {}
        """When each is looked for again, and what was found."""

    def __call__(self, where: Where) -> Addresses:
        """An observer's; what was found before stands where nothing is found any more."""
        due, before = self._found.get(where, (0.0, ()))
        now = self._monotonic()
        if now < due and before:
            return before
        found = [place for path in where.addresses for place in self._find(path, where.port)]
        hosts = [str(place[0]) for family, place in found if family in _FAMILIES]
        places = tuple((host, where.port) for host in dict.fromkeys(hosts))[:PLACES_MAX]
        self._found[where] = now + RESOLVE_EVERY_S, places or before
        return places or before
