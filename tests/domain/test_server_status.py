"""The status of a server and of its host (contract 3.4, 3.5)."""

from datetime import datetime, timedelta

import pytest
from tests.contracts.test_instances import instance

from hostdown.domain.instance import TaskState, VmState
from hostdown.domain.liveness import LivenessPolicy, window
from hostdown.domain.model import COMPUTE, Service
from hostdown.domain.server_status import (
    STATUSES,
    WITH_FAULT,
    WITH_PROGRESS,
    HostStatus,
    Precedence,
    States,
    host_status,
    states,
    status,
)

RESIZE = ("resize_prep", "resize_migrating", "resize_migrated", "resize_finish")
REBUILD = ("rebuilding", "rebuild_block_device_mapping", "rebuild_spawning")
TABLE = [
    ("active", ("rebooting", "reboot_pending", "reboot_started"), "REBOOT"),
    ("active", ("rebooting_hard", "reboot_pending_hard", "reboot_started_hard"), "HARD_REBOOT"),
    ("active", ("updating_password",), "PASSWORD"),
    ("active", REBUILD, "REBUILD"),
    ("active", ("migrating",), "MIGRATING"),
    ("active", RESIZE, "RESIZE"),
    ("active", (None, "powering-off", "deleting", "resize_reverting"), "ACTIVE"),
    ("building", (None, "scheduling", "spawning", "rebuilding"), "BUILD"),
    ("stopped", RESIZE, "RESIZE"),
    ("stopped", REBUILD, "REBUILD"),
    ("stopped", (None, "powering-on", "migrating"), "SHUTOFF"),
    ("resized", ("resize_reverting",), "REVERT_RESIZE"),
    ("resized", (None, "resize_confirming"), "VERIFY_RESIZE"),
    ("paused", ("migrating",), "MIGRATING"),
    ("paused", (None, "unpausing", "rebuilding"), "PAUSED"),
    ("suspended", (None, "resuming", "migrating"), "SUSPENDED"),
    ("rescued", (None, "unrescuing"), "RESCUE"),
    ("error", REBUILD, "REBUILD"),
    ("error", (None, "deleting", "migrating"), "ERROR"),
    ("deleted", (None, "deleting"), "DELETED"),
    ("soft-delete", (None, "restoring"), "SOFT_DELETED"),
    ("shelved", (None, "unshelving"), "SHELVED"),
    ("shelved_offloaded", (None, "unshelving"), "SHELVED_OFFLOADED"),
    ("something else", (None, "rebuilding"), "UNKNOWN"),
]


@pytest.mark.parametrize(("vm_state", "task_states", "expected"), TABLE)
def test_states_make_the_contracts_status(
    vm_state: str, task_states: tuple[str | None, ...], expected: str
) -> None:
    for task_state in task_states:
        assert status(instance(vm_state=vm_state, task_state=task_state)) == expected


def test_a_deleted_server_is_deleted_whatever_it_was() -> None:
    assert status(instance(vm_state="active", task_state="rebuilding", deleted=True)) == "DELETED"


def test_every_state_has_a_status() -> None:
    for vm_state in VmState:
        for task_state in (None, *TaskState):
            assert status(instance(vm_state=vm_state.value, task_state=task_state)) in STATUSES
    assert {*WITH_FAULT, *WITH_PROGRESS} <= STATUSES


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (["active"], States(("active",), None)),
        (["Error"], States(("error",), None)),
        (["REBUILD"], States(("active", "error", "stopped"), tuple(sorted(REBUILD)))),
        (["REBUILD", "PAUSED"], States(("active", "error", "paused", "stopped"), None)),
        (["MIGRATING"], States(("active", "paused"), ("migrating",))),
        (["DELETED"], States(("deleted",), None)),
        (["UNKNOWN"], States((), ())),
        (["nonsense", "shutoff"], States(("stopped",), None)),
        ([], States((), ())),
    ],
)
def test_a_status_stands_for_states_as_in_nova(asked: list[str], expected: States) -> None:
    assert states(asked) == expected


NOW = datetime(2026, 3, 1, 12)
LIFE = window(NOW, LivenessPolicy(timedelta(seconds=60), timedelta(seconds=5)))
UP = Service(1, "u", "h", COMPUTE, False, None, False, NOW, NOW)
SILENT = UP._replace(last_seen_up=NOW - timedelta(seconds=61))
NEVER = UP._replace(last_seen_up=None)
UNREACHABLE = UP._replace(unreachable_at=NOW)
HEARD_OF_SINCE = UP._replace(unreachable_at=NOW - timedelta(microseconds=1))


@pytest.mark.parametrize("seen", [UP, SILENT, NEVER, UNREACHABLE, HEARD_OF_SINCE])
def test_a_host_is_forced_down_then_disabled_then_up_or_unknown(seen: Service) -> None:
    def word(precedence: Precedence = Precedence.NOVA, **facts: bool) -> HostStatus:
        return host_status("h", seen._replace(**facts), LIFE, precedence)  # type: ignore[arg-type] # flags

    assert word() is (HostStatus.UP if seen in (UP, HEARD_OF_SINCE) else HostStatus.UNKNOWN)
    for precedence in Precedence:
        assert word(precedence, forced_down=True) is HostStatus.DOWN
        assert word(precedence, disabled=True) is HostStatus.MAINTENANCE
    assert word(disabled=True, forced_down=True) is HostStatus.DOWN
    documented = word(Precedence.DOCUMENTED, disabled=True, forced_down=True)
    assert documented is HostStatus.MAINTENANCE


def test_without_a_host_or_a_service_there_is_nothing_to_say() -> None:
    for precedence in Precedence:
        assert host_status(None, None, LIFE, precedence) == ""
        assert host_status(None, UP, LIFE, precedence) == ""
        assert host_status("h", None, LIFE, precedence) == ""
