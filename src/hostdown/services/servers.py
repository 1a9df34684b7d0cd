"""Finding servers: the directory says in which cell one is, the cell has it."""

from hostdown.domain.instance import Instance
from hostdown.services.cell_ports import Cell
from hostdown.services.directory_ports import Directory
from hostdown.services.ports import Cells


def find(
    cells: Cells, directory: Directory, uuid: str, deleted: bool = False
) -> tuple[Cell, Instance] | None:
    """The server and its cell; a deleted one only if `deleted`.

    Raises CellUnavailable where its cell does not answer.
    """
    mapping = directory.read(lambda rows: rows.instance_mappings.get(uuid, deleted))
    if mapping is None:
        return None
    cell = cells.named(mapping.cell)
    instance = cell.read(lambda rows: rows.instances.get(uuid, deleted))
    return None if instance is None else (cell, instance)


def forget(directory: Directory, uuid: str) -> None:
    """A server is gone: while its cell is silent it is not listed any more. May be repeated."""
    directory.write(lambda rows: rows.instance_mappings.deleted(uuid))
