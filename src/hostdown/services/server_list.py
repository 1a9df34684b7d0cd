"""Lists of servers: a page in some order, out of all cells (contract 3.6, §9).

What a database can decide, it decides. What it cannot, such as a regular expression that no client
may be able to make hang, is decided here, over rows that come in order, until a page is full.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from hostdown.domain.errors import CellUnavailable
from hostdown.domain.instance import Instance
from hostdown.domain.instance_order import Key, in_order, is_behind
from hostdown.domain.model import COMPUTE, Service
from hostdown.services.cell_ports import CellRows
from hostdown.services.directory_ports import Directory
from hostdown.services.instance_mapping_ports import InstanceMapping
from hostdown.services.instance_ports import InstanceQuery, Sort
from hostdown.services.ports import Cells

BATCH_ROWS = 1000
"""Instances read at a time where not all of them may be wanted."""

HOSTS_ASKED_MAX = 8
"""Hosts of a page whose services are read one by one; of more, the cell's services are read."""


class Wanted(NamedTuple):
    """Which servers, in which order.

    `keep` decides what `query` cannot. `after` is the server behind which the page begins.
    """

    query: InstanceQuery
    order: Sequence[Key]
    limit: int
    keep: Callable[[Instance], bool] | None = None
    after: Instance | None = None
    batch: int = BATCH_ROWS


class Listing(NamedTuple):
    """A page, the services of its servers' hosts by host, and the cells that did not answer."""

    instances: list[Instance]
    services: dict[str, Service]
    silent: frozenset[str]


def list_servers(cells: Cells, wanted: Wanted, services: bool) -> Listing:
    """One page; `services`: with the compute services of the servers' hosts.

    A cell that does not answer is left out, and told of.
    """
    found: list[Instance] = []
    known: dict[str, Service] = {}
    silent: set[str] = set()
    every = cells.all()
    for cell in every:
        try:
            instances, here = cell.read(lambda rows: _in_cell(rows, wanted, services))
        except CellUnavailable:
            silent.add(cell.name)
        else:
            found += instances
            known.update(here)
    if len(every) > 1:
        found = in_order(found, wanted.order)[: wanted.limit]
    return Listing(found, known, frozenset(silent))


def _in_cell(
    rows: CellRows, wanted: Wanted, services: bool
) -> tuple[list[Instance], dict[str, Service]]:
    """The page if there were no other cell. Where nothing is wanted, the cell is still asked."""
    found = _page(rows, wanted)
    return found, _services(rows, found) if services else {}


def _page(rows: CellRows, wanted: Wanted) -> list[Instance]:
    columns = [key.column for key in wanted.order if key.column is not None]
    if len(columns) < len(wanted.order):
        return _sorted_here(rows, wanted)
    order = [
        Sort(column, key.descending) for column, key in zip(columns, wanted.order, strict=True)
    ]
    query = wanted.query._replace(order=order, after=wanted.after, limit=wanted.limit)
    if wanted.keep is None:
        return rows.instances.find(query)
    found: list[Instance] = []
    while len(found) < wanted.limit:
        batch = rows.instances.find(query._replace(limit=wanted.batch))
        found += filter(wanted.keep, batch)
        if len(batch) < wanted.batch:
            break
        query = query._replace(after=batch[-1])
    return found[: wanted.limit]


def _sorted_here(rows: CellRows, wanted: Wanted) -> list[Instance]:
    """By what no column holds: all have to be looked at."""
    found: Iterable[Instance] = rows.instances.find(wanted.query)
    if wanted.keep is not None:
        found = filter(wanted.keep, found)
    after, order = wanted.after, wanted.order
    if after is not None:
        found = [each for each in found if is_behind(each, after, order)]
    return in_order(found, order)[: wanted.limit]


def _services(rows: CellRows, instances: Iterable[Instance]) -> dict[str, Service]:
    hosts = {instance.host for instance in instances if instance.host is not None}
    if len(hosts) > HOSTS_ASKED_MAX:
        return {service.host: service for service in rows.services.find(None, COMPUTE)}
    return {host: service for host in hosts for service in rows.services.find(host, COMPUTE)}


def unknown(
    directory: Directory, silent: Iterable[str], project_id: str | None
) -> list[InstanceMapping]:
    """The servers of silent cells, of one project or of all."""
    if project_id is not None:
        known = directory.read(lambda rows: rows.instance_mappings.of_project(project_id))
        cells = frozenset(silent)
        return [each for each in known if each.cell in cells]

    def of_cells(cell: str) -> Sequence[InstanceMapping]:
        return directory.read(lambda rows: rows.instance_mappings.of_cell(cell))

    return [each for cell in sorted(silent) for each in of_cells(cell)]
