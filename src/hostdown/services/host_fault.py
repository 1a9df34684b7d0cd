"""What `PUT /os-hosts/{host}` asks for: status, maintenance, and that the host is down (DESIGN §8).

All of it is one transaction on the host's cell, so nobody sees a host that is down with servers
that run there.
"""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from hostdown.domain.errors import HostNotMapped
from hostdown.domain.host_fault import disabled, maintained, maintained_no_more
from hostdown.domain.model import COMPUTE, Caller, Service
from hostdown.services import compute_services, marked_servers
from hostdown.services.cell_ports import CellRows
from hostdown.services.directory_ports import Directory
from hostdown.services.ports import Cells


class Switch(StrEnum):
    """How status and maintenance are asked for."""

    ENABLE = "enable"
    DISABLE = "disable"


class HostWanted(NamedTuple):
    """What to change of a host; None leaves a thing as it is.

    Together, status comes before maintenance: a host in maintenance is disabled. Enabling ends
    maintenance; disabling during it is for the time after it.
    """

    status: Switch | None = None
    maintenance: Switch | None = None
    down: bool | None = None

    @property
    def clears(self) -> bool:
        """See `compute_services.Wish`."""
        return self.down is False

    def of(self, seen: Service) -> Service:
        """The service as wanted; equal to `seen` if there is nothing to do."""
        after = seen
        if self.status is Switch.ENABLE:
            after = after._replace(disabled=False, disabled_reason=None)
        elif self.status is Switch.DISABLE:
            after = disabled(after)
        if self.maintenance is Switch.ENABLE:
            after = maintained(after)
        elif self.maintenance is Switch.DISABLE:
            after = maintained_no_more(after)
        if self.down is not None:
            after = after._replace(forced_down=self.down)
        return after


def set_host_down(
    cells: Cells,
    directory: Directory,
    caller: Caller,
    host: str,
    wanted: HostWanted,
    now: datetime,
) -> Service:
    """Change a host, and with `down` its servers; the service as it is then.

    `down` true forces the host down and marks its servers; false takes both back. Raises
    HostNotMapped, HostNotCleared.
    """
    record = directory.read(lambda rows: rows.hosts.named(host))
    if record is None:
        raise HostNotMapped(host=host)

    def find(rows: CellRows) -> Service:
        found = rows.services.find(host, COMPUTE)
        if not found:
            raise HostNotMapped(host=host)
        return found[0]

    def work(rows: CellRows) -> Service:
        news = not find(rows).forced_down
        after = compute_services.changed(rows, caller, find, wanted, now)
        if wanted.down:
            marked_servers.mark(rows, host, caller, now, news=news)
        return after

    return cells.named(record.cell).write(work)
