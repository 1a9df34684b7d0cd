"""What a server is in one word, and what its host is: from states to words and back (contract 3.5).

`status` is of the server: what it is and what is going on with it. `host_status` is of its host,
and the one word by which an owner learns that a host has failed (contract 3.4).
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

from hostdown.domain.instance import Instance, VmState
from hostdown.domain.liveness import State, Window, is_unreachable, state_in
from hostdown.domain.model import Service

# --------------------------------------------------------------------------------------- status

_RESIZE = ("resize_prep", "resize_migrating", "resize_migrated", "resize_finish")
_REBUILD = ("rebuilding", "rebuild_block_device_mapping", "rebuild_spawning")
_OTHER = "default"
"""Stands for every task that has no row, and for none."""

_STATUSES: Mapping[str, Mapping[str, str]] = {
    VmState.ACTIVE: {
        _OTHER: "ACTIVE",
        **dict.fromkeys(("rebooting", "reboot_pending", "reboot_started"), "REBOOT"),
        **dict.fromkeys(
            ("rebooting_hard", "reboot_pending_hard", "reboot_started_hard"), "HARD_REBOOT"
        ),
        "updating_password": "PASSWORD",
        **dict.fromkeys(_REBUILD, "REBUILD"),
        "migrating": "MIGRATING",
        **dict.fromkeys(_RESIZE, "RESIZE"),
    },
    VmState.BUILDING: {_OTHER: "BUILD"},
    VmState.STOPPED: {
        _OTHER: "SHUTOFF",
        **dict.fromkeys(_RESIZE, "RESIZE"),
        **dict.fromkeys(_REBUILD, "REBUILD"),
    },
    VmState.RESIZED: {_OTHER: "VERIFY_RESIZE", "resize_reverting": "REVERT_RESIZE"},
    VmState.PAUSED: {_OTHER: "PAUSED", "migrating": "MIGRATING"},
    VmState.SUSPENDED: {_OTHER: "SUSPENDED"},
    VmState.RESCUED: {_OTHER: "RESCUE"},
    VmState.ERROR: {_OTHER: "ERROR", **dict.fromkeys(_REBUILD, "REBUILD")},
    VmState.DELETED: {_OTHER: "DELETED"},
    VmState.SOFT_DELETED: {_OTHER: "SOFT_DELETED"},
    VmState.SHELVED: {_OTHER: "SHELVED"},
    VmState.SHELVED_OFFLOADED: {_OTHER: "SHELVED_OFFLOADED"},
}

UNKNOWN = "UNKNOWN"
"""Of a server in a state that nobody knows, or in a cell that does not answer."""

DELETED = "DELETED"

STATUSES = frozenset(status for tasks in _STATUSES.values() for status in tasks.values())
"""Every status that a server can have."""

WITH_FAULT = frozenset({"ERROR", DELETED})
"""A server of these tells what went wrong last."""

WITH_PROGRESS = frozenset({"ACTIVE", "BUILD", "REBUILD", "RESIZE", "VERIFY_RESIZE", "MIGRATING"})
"""A server of these tells how far it has come."""

_BY_STATE: Mapping[tuple[str, str | None], str] = {
    (str(vm_state), None if task == _OTHER else task): status
    for vm_state, tasks in _STATUSES.items()
    for task, status in tasks.items()
}


def status(instance: Instance) -> str:
    """The status of a server."""
    if instance.deleted:
        return DELETED
    found = _BY_STATE.get((instance.vm_state, instance.task_state))
    if found is None:  # a task that does not show in the status
        found = _BY_STATE.get((instance.vm_state, None), UNKNOWN)
    return found


class States(NamedTuple):
    """States of which a server has one: what a filter by status looks for.

    `task_states` is None where every task will do.
    """

    vm_states: tuple[str, ...]
    task_states: tuple[str, ...] | None


def states(statuses: Iterable[str]) -> States:
    """The states that stand for any of these statuses, in capitals or not; none for unknown ones.

    As in Nova, the tasks are dropped if one of the statuses is of all of them. So ACTIVE also finds
    servers that are shown as REBUILD, REBOOT or MIGRATING (contract 10.5, edge 65).
    """
    wanted = {status.upper() for status in statuses}
    rows = [
        (str(vm_state), task)
        for vm_state, tasks in _STATUSES.items()
        for task, status in tasks.items()
        if status in wanted
    ]
    tasks = sorted({task for _, task in rows})
    vm_states = tuple(sorted({vm_state for vm_state, _ in rows}))
    return States(vm_states, None if _OTHER in tasks else tuple(tasks))


# ---------------------------------------------------------------------------------- host_status


class HostStatus(StrEnum):
    """What an owner is told of the host of a server; NONE while it has no host."""

    UP = "UP"
    UNKNOWN = "UNKNOWN"
    DOWN = "DOWN"
    MAINTENANCE = "MAINTENANCE"
    NONE = ""


class Precedence(StrEnum):
    """Which word a host gets that is both disabled and forced down (DESIGN §8).

    `nova`: DOWN, the safer word. `documented`: MAINTENANCE, as the manual's list reads.
    """

    NOVA = "nova"
    DOCUMENTED = "documented"


class HostFacts(NamedTuple):
    """What makes the word for a host. `silent`: nobody hears of it."""

    disabled: bool
    forced_down: bool
    silent: bool


def host_status(
    host: str | None, service: Service | None, life: Window, precedence: Precedence
) -> HostStatus:
    """The status of a server's host. `service` is the host's compute service, if it has one."""
    if host is None or service is None:
        return HostStatus.NONE
    silent = is_unreachable(service) or state_in(service, life) is State.DOWN
    return word(HostFacts(service.disabled, service.forced_down, silent), precedence)


def word(facts: HostFacts, precedence: Precedence) -> HostStatus:
    """The status of a host of which this is known."""
    if facts.forced_down and not (facts.disabled and precedence is Precedence.DOCUMENTED):
        return HostStatus.DOWN
    if facts.disabled:
        return HostStatus.MAINTENANCE
    return HostStatus.UNKNOWN if facts.silent else HostStatus.UP
