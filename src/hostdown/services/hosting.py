"""Which servers are on which hosts: what must not be taken away from under them."""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from hostdown.domain.instance import Instance, instance_name
from hostdown.domain.model import Flavor, InstanceName, ManagedNode
from hostdown.services.cell_ports import Cell, CellRows
from hostdown.services.instance_ports import InstanceQuery, Sort, Used
from hostdown.services.ports import Cells

HOSTS_ASKED_MAX = 8
"""Hosts that are asked for by name; of more, all instances of a cell are read."""

_BY_AGE = (Sort("id", False),)


def is_hosting(rows: CellRows, host: str) -> bool:
    """Is any server on this host?"""
    return bool(rows.instances.find(InstanceQuery(equal=[("host", [host])], limit=1)))


class Hosting(NamedTuple):
    """Looks at servers before a host changes its zone; `default_zone` is that of most hosts."""

    cells: Cells | None
    default_zone: str = ""

    def count(self, hosts: Collection[str]) -> int:
        """How many servers these hosts have. Raises CellUnavailable: silence is not "none"."""
        if self.cells is None or not hosts:
            return 0
        return sum(each.instances for host, each in used_on(self.cells).items() if host in hosts)


NOBODY = Hosting(None)
"""For who knows that no host has any."""


def used_on(cells: Cells) -> dict[str, Used]:
    """What the servers of each host add up to. Raises CellUnavailable: silence is not "none"."""
    return {
        each.host: each
        for cell in cells.all()
        for each in cell.read(lambda rows: rows.instances.used())
    }


def flavors_on(cells: Cells, host: str) -> dict[str, list[Flavor]]:
    """The flavors of a host's servers, by the projects whose they are."""
    found: dict[str, list[Flavor]] = {}
    for cell in cells.all():
        for instance in _on_hosts(cell, [host]):
            found.setdefault(instance.project_id, []).append(instance.flavor)
    return found


def with_servers(cells: Cells, nodes: Sequence[ManagedNode]) -> list[ManagedNode]:
    """The nodes with what runs there, oldest first; a cell that does not answer makes it fail."""
    hosts = {each.node.host for each in nodes}
    found: dict[str, list[InstanceName]] = {}
    for cell in cells.all():
        for instance in _on_hosts(cell, hosts):
            if instance.host is not None:
                name = InstanceName(instance_name(instance), instance.uuid)
                found.setdefault(instance.host, []).append(name)
    return [each._replace(instances=tuple(found.get(each.node.host, ()))) for each in nodes]


def _on_hosts(cell: Cell, hosts: Collection[str]) -> Iterable[Instance]:
    named = [("host", sorted(hosts))] if len(hosts) <= HOSTS_ASKED_MAX else []
    query = InstanceQuery(equal=named, order=_BY_AGE)
    return cell.read(lambda rows: rows.instances.find(query)) if hosts else []
