"""Where the guests of a host are to be sent while they run (NEVER-TWICE M1)."""

from collections.abc import Mapping

from hostdown.domain.assignment import Target
from hostdown.domain.migration import Migration, MigrationType, Status, Step
from hostdown.domain.permits import awaited
from hostdown.services.cell_ports import CellRows
from hostdown.services.migration_ports import MigrationQuery


def targets(rows: CellRows, host: str) -> Mapping[str, Target]:
    """By instance; withdrawn where a migration goes back, until its host says that it keeps it."""
    query = MigrationQuery(
        equal=[
            ("source_host", [host]),
            ("type", [MigrationType.LIVE.value]),
            ("status", [Status.RUNNING.value]),
        ]
    )
    found = {}
    for each in rows.migrations.find(query):
        to = _target(rows, each)
        if to is not None:
            found[each.instance] = to
    return found


def _target(rows: CellRows, of: Migration) -> Target | None:
    permit = awaited(rows.permits.of_instance(of.instance))
    if permit is None or permit.generation != of.generation or permit.asked_back:
        return None
    flags = of.wish.hurried, of.step is Step.BACK
    return Target(permit.holder, of.dest_ip or "", of.wish.ticket, *flags)
