"""What the servers of a project add up to, for limits and quotas (contract 6.8)."""

from collections.abc import Iterable

from hostdown.domain.quotas import Use, total
from hostdown.services.cell_ports import Cell, CellRows


def use_of(cells: Iterable[Cell], project_id: str | None) -> Use:
    """What a project uses in these; raises CellUnavailable: no sum looks smaller."""
    return total(cell.read(lambda rows: use_in(rows, project_id)) for cell in cells)


def use_in(rows: CellRows, project_id: str | None) -> Use:
    """What a project uses in one cell; nobody's use is none."""
    used = [] if project_id is None else rows.instances.used(project_id)
    return Use(
        sum(each.instances for each in used),
        sum(each.vcpus for each in used),
        sum(each.memory_mb for each in used),
    )
