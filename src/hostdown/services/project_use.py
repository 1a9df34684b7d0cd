"""What the servers of a project add up to, for limits and quotas (contract 6.8)."""

from collections.abc import Iterable
from typing import NamedTuple

from hostdown.domain.quotas import NOTHING_LIMITED, NOTHING_USED, Quotas, Use, total
from hostdown.services.cell_ports import Cell, CellRows


def use_of(cells: Iterable[Cell], project_id: str | None) -> Use:
    """What a project uses in these; raises CellUnavailable: no sum looks smaller."""
    return total(cell.read(lambda rows: use_in(rows, project_id)) for cell in cells)


class Allowance(NamedTuple):
    """What a project may have in all, and what it uses in other cells than the one at hand."""

    quotas: Quotas = NOTHING_LIMITED
    elsewhere: Use = NOTHING_USED


def allowance(
    quotas: Quotas, cells: Iterable[Cell], here: Cell, project_id: str | None
) -> Allowance:
    """Asks the other cells only if it matters; raises CellUnavailable."""
    others = [each for each in cells if each is not here] if quotas.limits_servers else []
    return Allowance(quotas, use_of(others, project_id))


def use_in(rows: CellRows, project_id: str | None) -> Use:
    """What a project uses in one cell; nobody's use is none."""
    used = [] if project_id is None else rows.instances.used(project_id)
    return Use(
        sum(each.instances for each in used),
        sum(each.vcpus for each in used),
        sum(each.memory_mb for each in used),
    )
