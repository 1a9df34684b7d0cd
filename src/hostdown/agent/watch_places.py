"""Where a petter asks for grants: addresses, so that it never waits for a name server."""

import socket
from collections.abc import Callable, Sequence

from hostdown.agent.pulser import RESOLVE_EVERY_S, Place, resolve

PLACES_MAX = 16
"""Of all names together."""


class Places:
    """Called by one thread, which may wait for a name server."""

    def __init__(
        self,
        paths: Sequence[str],
        monotonic: Callable[[], float],
        find: Callable[[str, int], list[Place]] = resolve,
    ) -> None:
        """`paths`: names and addresses of the server."""
        self._paths = tuple(paths)
        self._monotonic = monotonic
        self._find = find
        self._due = 0.0
        self._found: tuple[tuple[str, int], ...] = ()

    def __call__(self, port: int) -> tuple[tuple[str, int], ...]:
        """Those at this port; what was found before stands where nothing is found any more."""
        if self._monotonic() >= self._due or any(port != each for _, each in self._found):
            self._due = self._monotonic() + RESOLVE_EVERY_S
            found = [place for path in self._paths for place in self._find(path, port)]
            hosts = [str(place[0]) for family, place in found if family in _FAMILIES]
            places = tuple((host, port) for host in dict.fromkeys(hosts))[:PLACES_MAX]
            self._found = places or tuple((host, port) for host, _ in self._found)
        return self._found


_FAMILIES = (socket.AF_INET, socket.AF_INET6)
