"""What the servers of a project add up to, for limits and quotas (contract 6.8)."""

from typing import NamedTuple

from hostdown.services.ports import Cells


class Use(NamedTuple):
    """Of all servers that are not deleted, wherever they are."""

    instances: int
    cores: int
    ram_mb: int


def use_of(cells: Cells, project_id: str | None) -> Use:
    """What a project uses; nobody's use is none. Raises CellUnavailable: no sum looks smaller."""
    if project_id is None:
        return Use(0, 0, 0)
    rows = [
        used
        for cell in cells.all()
        for used in cell.read(lambda rows: rows.instances.used(project_id))
    ]
    return Use(
        sum(each.instances for each in rows),
        sum(each.vcpus for each in rows),
        sum(each.memory_mb for each in rows),
    )
