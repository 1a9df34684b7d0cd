"""The networks that this machine is in, which nobody's URL may lead to: as the kernel tells them.

What it reaches without a router, and its own addresses: a machine may have public ones, and what
listens there may take for granted that whoever asks from here may.
"""

import logging
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, IPv6Address, ip_network
from pathlib import Path

from hostdown.domain.networks import Network

LOG = logging.getLogger(__name__)

PROC = Path("/proc/net")
READ_EVERY_S = 10.0
"""How late a network may be known that the machine has come into."""


class OwnNetworks:
    """Used by one thread."""

    def __init__(self, monotonic: Callable[[], float], place: Path = PROC) -> None:
        self._monotonic = monotonic
        self._place = place
        self._known: tuple[Network, ...] = ()
        self._due: float | None = None

    def __call__(self) -> tuple[Network, ...]:
        """Those of now, or of some seconds ago."""
        now = self._monotonic()
        if self._due is None or now >= self._due:
            self._due = now + READ_EVERY_S
            self._read()
        return self._known

    def _read(self) -> None:
        try:
            found = (*self._routes(), *self._addresses(), *self._addresses_6())
        except (OSError, ValueError, IndexError) as error:
            LOG.warning("The networks of this machine cannot be read, and stay as known: %s", error)
            return
        self._known = tuple(dict.fromkeys(found))

    def _lines(self, name: str) -> list[str]:
        try:
            return (self._place / name).read_text().splitlines()
        except FileNotFoundError:  # a kernel without IPv6, say
            return []

    def _routes(self) -> Iterator[Network]:
        """Of IPv4, those without a gateway; addresses and masks are in the machine's own order."""
        for line in self._lines("route")[1:]:
            _, network, gateway, *_ = words = line.split()
            mask = _number(words[7])
            if int(gateway, 16) == 0 and mask:
                yield ip_network(f"{IPv4Address(_number(network))}/{IPv4Address(mask)}")

    def _addresses(self) -> Iterator[Network]:
        """Of IPv4: each stands above a line that says that it is ours."""
        address = ""
        for line in self._lines("fib_trie"):
            words = line.split()
            if words[0] == "|--":
                address = words[1]
            elif words[:3] == ["/32", "host", "LOCAL"]:
                yield ip_network(address)

    def _addresses_6(self) -> Iterator[Network]:
        """Of IPv6, with the networks that they are in."""
        for line in self._lines("if_inet6"):
            address, _, length, *_ = line.split()
            shown = IPv6Address(int(address, 16))
            yield ip_network(f"{shown}/{int(length, 16)}", strict=False)


def _number(text: str) -> int:
    return int.from_bytes(bytes.fromhex(text), "little")
