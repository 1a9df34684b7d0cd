"""Compute nodes as os-hypervisors and os-hosts show them (contract 6.1 and 6.2).

A node is shown while its service is there and its host is mapped to the node's cell. A cell that
does not answer makes every list fail, as in Nova: no total may look smaller than it is.
"""

from datetime import datetime
from typing import NamedTuple

from hostdown.domain.errors import HostNotMapped
from hostdown.domain.hypervisor_errors import (
    ComputeHostNotFound,
    ComputeUnavailable,
    HypervisorNotFound,
    NoHypervisorMatches,
    NotSupported,
)
from hostdown.domain.liveness import State, Window, state_in
from hostdown.domain.model import ManagedNode
from hostdown.domain.paging_errors import MarkerNotFound
from hostdown.domain.uptime import uptime
from hostdown.services import hosting
from hostdown.services.cell_ports import Cell
from hostdown.services.directory_ports import Directory
from hostdown.services.ports import Cells

NodeId = int | str
"""An integer, unique in its cell, or a uuid."""

_NO_LIMIT = 2**63 - 1


def list_nodes(
    cells: Cells, directory: Directory, limit: int | None = None, marker: NodeId | None = None
) -> list[ManagedNode]:
    """By cell, then id; those after `marker`, which is itself a node's id.

    A page has `limit` nodes unless it is the last one. Raises MarkerNotFound.
    """
    at_most = _NO_LIMIT if limit is None else limit
    rest = list(cells.all())
    after = 0
    if marker is not None:
        rest, after = _from(rest, marker)
    found: list[ManagedNode] = []
    for cell in rest:
        if len(found) < at_most:
            found += _in_cell(cell, directory, after, at_most - len(found))
        after = 0
    return found


def _from(cells: list[Cell], marker: NodeId) -> tuple[list[Cell], int]:
    """The cells from the marker's on, and the number of the marker in it."""
    for index, cell in enumerate(cells):
        known = cell.read(lambda rows: rows.nodes.get(marker))
        if known is not None:
            return cells[index:], known.node.id
    raise MarkerNotFound(marker=marker)


def _in_cell(cell: Cell, directory: Directory, after: int, limit: int) -> list[ManagedNode]:
    mapped = _mapped(directory, cell)
    found: list[ManagedNode] = []
    while True:
        wanted = limit - len(found)
        page = _page(cell, after, wanted)
        found += [each for each in page if each.node.host in mapped]
        if len(page) < wanted or len(found) == limit:
            return found
        after = page[-1].node.id


def _page(cell: Cell, after: int, limit: int) -> list[ManagedNode]:
    return cell.read(lambda rows: rows.nodes.page(after, limit))


def _mapped(directory: Directory, cell: Cell) -> frozenset[str]:
    return directory.read(lambda rows: rows.mappings.hosts(cell.name))


def matching(cells: Cells, directory: Directory, pattern: str) -> list[ManagedNode]:
    """Those with `pattern` in the host name, by cell, then id; raises NoHypervisorMatches."""
    found: list[ManagedNode] = []
    for cell in cells.all():
        nodes = cell.read(lambda rows: rows.nodes.matching(pattern))
        mapped = _mapped(directory, cell)
        found += [each for each in nodes if each.node.host in mapped]
    if not found:
        raise NoHypervisorMatches(pattern=pattern)
    return found


def find_node(cells: Cells, directory: Directory, node_id: NodeId) -> ManagedNode:
    """One node; raises HypervisorNotFound."""
    for cell in cells.all():
        found = cell.read(lambda rows: rows.nodes.get(node_id))
        if found is not None and _cell_of(directory, found.node.host) == cell.name:
            return found
    raise HypervisorNotFound(hypervisor_id=node_id)


def node_on_host(cells: Cells, directory: Directory, host: str) -> ManagedNode:
    """The node of a host; raises HostNotMapped, ComputeHostNotFound."""
    cell = cells.named(check_mapped(directory, host))
    found = cell.read(lambda rows: rows.nodes.on_host(host))
    if found is None:
        raise ComputeHostNotFound(host=host)
    return found


def check_mapped(directory: Directory, host: str) -> str:
    """The cell that a host is in; raises HostNotMapped."""
    cell = _cell_of(directory, host)
    if cell is None:
        raise HostNotMapped(host=host)
    return cell


def _cell_of(directory: Directory, host: str) -> str | None:
    record = directory.read(lambda rows: rows.hosts.named(host))
    return None if record is None else record.cell


def uptime_of(found: ManagedNode, life: Window, now: datetime) -> str:
    """How long the host has been running, by its last report.

    Raises ComputeUnavailable while it is down, NotSupported if its hypervisor does not say.
    """
    if state_in(found.service, life) is State.DOWN:
        raise ComputeUnavailable(host=found.node.host)
    booted_at = found.node.resources.booted_at
    if booted_at is None:
        raise NotSupported
    return uptime(booted_at, now)


class Totals(NamedTuple):
    """Sums over nodes."""

    nodes: int
    vcpus: int
    memory_mb: int
    local_gb: int
    vcpus_used: int
    memory_mb_used: int
    local_gb_used: int
    running_vms: int
    current_workload: int


_SUMMED = ("vcpus", "memory_mb", "local_gb", "vcpus_used", "memory_mb_used", "local_gb_used")


def totals(cells: Cells, directory: Directory) -> Totals:
    """Sums over the nodes whose service is enabled: what is disabled takes no servers."""
    nodes = list_nodes(cells, directory)
    counted = [each.node for each in nodes if not each.service.disabled]
    sums = (sum(getattr(each.resources, name) for each in counted) for name in _SUMMED)
    by_host = hosting.used_on(cells)
    used = [by_host[each.host] for each in counted if each.host in by_host]
    servers, busy = sum(each.instances for each in used), sum(each.busy for each in used)
    return Totals._make((len(counted), *sums, servers, busy))
