"""What a server that was killed left between two databases: mappings without a server.

Making a server is a transaction of the directory, which gives it a mapping and a place in its
group, and then one of a cell. Its end is one of the cell and then one of the directory. Whoever
dies between the two leaves a mapping, and a group's member, of no server. The cell is right: here
the directory is made to follow it, however long afterwards. But a cell without any server may be a
database that was named by mistake: then nothing is removed.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from hostdown.services import server_lookup
from hostdown.services.cell_ports import Cell
from hostdown.services.directory_ports import Directory
from hostdown.services.instance_mapping_ports import InstanceMapping
from hostdown.services.instance_ports import InstanceQuery
from hostdown.services.ports import Cells
from hostdown.services.together import try_all

LOG = logging.getLogger(__name__)

MAPPINGS_LOOKED_AT = 200
"""Mappings of a cell that are looked at in one turn; the next turn goes on behind them."""

ALONE_MAX = timedelta(hours=2)
"""How long a mapping may wait for its server.

A request that is still at it is killed with its worker before: `[server] worker_timeout` is an hour
at most.
"""

_ANY = InstanceQuery(deleted=None, limit=1)


class HalfMade:
    """Looks at all mappings, some in each turn. Called by one thread."""

    def __init__(self, directory: Directory, cells: Cells) -> None:
        self._directory = directory
        self._cells = cells
        self._after: dict[str, str] = {}

    def look(self, now: datetime) -> None:
        """One turn. Raises what databases raise, after it has looked at the other cells."""
        try_all(partial(self._look_in, cell, now) for cell in self._cells.all())

    def _look_in(self, cell: Cell, now: datetime) -> None:
        after = self._after.get(cell.name, "")
        page = self._directory.read(
            lambda rows: rows.instance_mappings.behind(cell.name, after, MAPPINGS_LOOKED_AT)
        )
        for mapping in _without_server(cell, page, now):
            LOG.warning("Instance %s is not there: its mapping is removed", mapping.uuid)
            server_lookup.forget(self._directory, mapping.uuid)
        self._after[cell.name] = page[-1].uuid if len(page) == MAPPINGS_LOOKED_AT else ""


def _without_server(
    cell: Cell, page: Sequence[InstanceMapping], now: datetime
) -> list[InstanceMapping]:
    if not page:
        return []
    query = InstanceQuery(deleted=None, equal=[("uuid", [each.uuid for each in page])])
    found = cell.read(lambda rows: rows.instances.find(query))
    if not found and not cell.read(lambda rows: rows.instances.find(_ANY)):
        return []
    deleted = {each.uuid for each in found if each.deleted}
    there = {each.uuid for each in found}
    return [
        each
        for each in page
        if each.uuid in deleted or (each.uuid not in there and each.created_at < now - ALONE_MAX)
    ]
