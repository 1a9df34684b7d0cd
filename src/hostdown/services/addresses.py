"""Which host has an address, by what hosts report of themselves."""

from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

from hostdown.services.ports import Cells

PAGE = 1000
"""Compute nodes that are read at once."""
KNOWN_FOR_S = 10.0
"""So long an address is believed without another look."""


def normal(address: str) -> str | None:
    """An address in the form in which equal ones are equal; None if it is none."""
    try:
        found = ip_address(address.split("%")[0])
    except ValueError:
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(found)


class Addresses:
    """The addresses of all hosts; what several of them report is nobody's."""

    def __init__(self, cells: Cells, monotonic: Callable[[], float]) -> None:
        self._cells = cells
        self._monotonic = monotonic
        self._known: dict[str, str | None] = {}
        self._until: float | None = None

    def host(self, address: str) -> str | None:
        """The name of the host that reported this address; raises CellUnavailable."""
        wanted = normal(address)
        if wanted is None:
            return None
        now = self._monotonic()
        if self._until is None or now >= self._until:
            self._known, self._until = self._read(), now + KNOWN_FOR_S
        return self._known.get(wanted)

    def _read(self) -> dict[str, str | None]:
        found: dict[str, str | None] = {}
        for cell in self._cells.all():
            after = 0
            while nodes := cell.read(lambda rows, after=after: rows.nodes.page(after, PAGE)):  # type: ignore[misc] # a lambda's default
                for each in nodes:
                    address = normal(each.node.resources.host_ip)
                    if address is not None:
                        host = each.service.host
                        found[address] = host if found.get(address, host) == host else None
                after = nodes[-1].node.id
        return found
