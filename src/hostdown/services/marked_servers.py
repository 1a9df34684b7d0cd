"""The servers of a host that was reported down, in the transaction that says so of the host."""

from datetime import datetime

from hostdown.domain.host_fault import with_host_again, without_host
from hostdown.domain.instance import Instance
from hostdown.domain.model import Caller
from hostdown.services.cell_ports import CellRows
from hostdown.services.instance_changes import ERROR, begin_action, change
from hostdown.services.instance_ports import InstanceQuery

HOST_DOWN = "hostDownReported"
"""The action in a server's history."""
INTERRUPTED = "The host was reported down."


def mark(rows: CellRows, host: str, caller: Caller, now: datetime, *, news: bool) -> None:
    """Each server of the host becomes what it is without it; what went on with it is over.

    All of them get the action if the host's fault is `news`; of a repeated report only those that
    it changes, so that a monitor that repeats itself fills no history.
    """
    for each in _on(rows, host):
        seen, after = change(rows, each.uuid, lambda seen: without_host(seen, now), caller, now)
        if after == seen and not news:
            continue
        if after != seen and seen.task_state is not None:
            rows.actions.finish(seen.uuid, seen.order, ERROR, INTERRUPTED, now)
        begin_action(rows, after, HOST_DOWN, None, caller, now)


def take_back(rows: CellRows, host: str, caller: Caller, now: datetime) -> None:
    """Each marked server gets its next order; the caller tells the host (`Ledger.changed_on`)."""
    for each in _on(rows, host):
        if each.before is not None:
            change(rows, each.uuid, with_host_again, caller, now)


def _on(rows: CellRows, host: str) -> list[Instance]:
    return rows.instances.find(InstanceQuery(equal=[("host", [host])]))
