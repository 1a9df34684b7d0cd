"""Where a server is, and what is known of it while its cell does not answer."""

from typing import NamedTuple

from hostdown.domain.instance import Instance
from hostdown.domain.model import COMPUTE, Service
from hostdown.domain.server_errors import ServerNotFound
from hostdown.services import server_groups
from hostdown.services.cell_ports import Cell, CellRows
from hostdown.services.directory_ports import Directory, DirectoryRows
from hostdown.services.instance_mapping_ports import InstanceMapping
from hostdown.services.ports import Cells


class Found(NamedTuple):
    """A server, its cell, and the compute service of its host if that was asked for."""

    cell: Cell
    instance: Instance
    service: Service | None


def find(
    cells: Cells, directory: Directory, uuid: str, *, deleted: bool = False, service: bool = False
) -> Found:
    """A server by its uuid; a deleted one only if `deleted`, its host's service if `service`.

    Raises ServerNotFound, and CellUnavailable while its cell is silent.
    """
    cell = cell_of(cells, directory, uuid)

    def work(rows: CellRows) -> tuple[Instance, Service | None] | None:
        instance = rows.instances.get(uuid, deleted)
        if instance is None:
            return None
        if not service or instance.host is None:
            return instance, None
        return instance, next(iter(rows.services.find(instance.host, COMPUTE)), None)

    found = cell.read(work)
    if found is None:
        raise ServerNotFound(server_id=uuid)
    return Found(cell, *found)


def cell_of(cells: Cells, directory: Directory, uuid: str) -> Cell:
    """The cell that a server is in; raises ServerNotFound. Where there is one cell, nobody asks."""
    every = cells.all()
    if len(every) == 1:
        return every[0]
    mapping = directory.read(lambda rows: rows.instance_mappings.get(uuid, deleted=True))
    if mapping is None:
        raise ServerNotFound(server_id=uuid)
    return cells.named(mapping.cell)


def mapping_of(directory: Directory, uuid: str) -> InstanceMapping:
    """What the directory knows of a server that is not deleted; raises ServerNotFound."""
    mapping = directory.read(lambda rows: rows.instance_mappings.get(uuid))
    if mapping is None:
        raise ServerNotFound(server_id=uuid)
    return mapping


def forget(directory: Directory, uuid: str) -> None:
    """A server is gone: nobody says that it is there, and its group has it no more.

    May be repeated.
    """

    def work(rows: DirectoryRows) -> None:
        rows.instance_mappings.deleted(uuid)
        server_groups.leave(rows, uuid)

    directory.write(work)
