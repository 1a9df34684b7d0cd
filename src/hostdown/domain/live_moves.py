"""A server that moves to another host while it runs (contract 4.5, 4.7; NEVER-TWICE M1, M2)."""

from datetime import datetime

from hostdown.domain.assignment import Wanted
from hostdown.domain.instance import Fault, Instance, TaskState, VmState, no_valid_host
from hostdown.domain.migration import Migration, Status
from hostdown.domain.server_actions import ServerAction

MIGRATE_LIVE = ServerAction(
    "os-migrateLive",
    (VmState.ACTIVE, VmState.PAUSED),
    TaskState.MIGRATING,
    Wanted.RUNNING,
    "compute_live_migration",
)

LIVE_MIGRATION = "live-migration"
CANCEL = "live_migration_cancel"
FORCE_COMPLETE = "live_migration_force_complete"
"""Names of actions in a server's history (contract 4.6)."""

NOT_SENT = "not-sent"
"""The code of a failure by which a host says that it keeps what it was to send elsewhere."""

_UNPLACED = (Status.ACCEPTED, Status.QUEUED)
_BEFORE_IT_RAN = (*_UNPLACED, Status.PREPARING)


def accepted(seen: Instance) -> Instance:
    """The server from when its migration was accepted; its host hears of it later."""
    return seen._replace(task_state=TaskState.MIGRATING.value)


def handed_over(seen: Instance, by: Migration) -> Instance:
    """The server on its next host, which has its disk; shown there once nobody works on it."""
    return seen._replace(host=by.dest_host, node=by.dest_node)


def ended(seen: Instance, by: Migration, now: datetime) -> Instance:
    """The server after a migration that did not succeed, or was called off."""
    after = seen._replace(task_state=_without_migrating(seen))
    if by.wish.cancelled or not by.reason:
        return after
    if by.status in _UNPLACED:
        return after._replace(fault=no_valid_host(by.reason, now))
    return after._replace(fault=Fault(500, by.reason, by.reason, now))


def again(seen: Instance) -> Instance:
    """The server of which nothing runs any more: asked for once more, as it is wanted."""
    return seen._replace(order=seen.order + 1, reboot=None)


def _without_migrating(seen: Instance) -> str | None:
    """Whatever else goes on with it goes on: an administrator may have reset its state."""
    return None if seen.task_state == TaskState.MIGRATING else seen.task_state


def end_of(seen: Migration) -> Status:
    """How one ends that does not succeed (contract 5.3)."""
    if seen.wish.cancelled and seen.status is not Status.POST_MIGRATING:
        return Status.CANCELLED
    return Status.ERROR if seen.status in _BEFORE_IT_RAN else Status.FAILED
