"""What may be done to a server, held against the contract's table 4.1, and what it asks for."""

from collections.abc import Collection

import pytest
from tests.domain.things import STATES, instance

from hostdown.domain import server_actions
from hostdown.domain.action_errors import (
    ServerInWrongState,
    ServerLocked,
    ServerNeverRan,
    ServerNotReady,
)
from hostdown.domain.assignment import Wanted
from hostdown.domain.errors import HostdownError
from hostdown.domain.instance import VmState
from hostdown.domain.server_actions import ACTIONS, ADMIN, OWNER, ServerAction

NONE: Collection[str | None] = (None,)
STUCK = (
    None,
    "rebooting",
    "rebooting_hard",
    "pausing",
    "unpausing",
    "suspending",
    "resuming",
)
CONTRACT: dict[str, tuple[ServerAction, str, Collection[str], Collection[str | None]]] = {
    "os-start": (server_actions.START, "start", ("stopped",), NONE),
    "os-stop": (server_actions.STOP, "stop", ("active", "error"), NONE),
    "reboot soft": (server_actions.REBOOT_SOFT, "reboot", ("active",), NONE),
    "reboot hard": (
        server_actions.REBOOT_HARD,
        "reboot",
        ("active", "stopped", "paused", "suspended", "error"),
        STUCK,
    ),
    "pause": (server_actions.PAUSE, "pause", ("active",), NONE),
    "unpause": (server_actions.UNPAUSE, "unpause", ("paused",), NONE),
    "suspend": (server_actions.SUSPEND, "suspend", ("active",), NONE),
    "resume": (server_actions.RESUME, "resume", ("suspended",), NONE),
}
"""By hand from the contract; of its task states those that we use."""

ASKED = {
    "os-start": ("powering-on", "running", None),
    "os-stop": ("powering-off", "stopped", None),
    "reboot soft": ("rebooting", "running", "soft"),
    "reboot hard": ("rebooting_hard", "running", "hard"),
    "pause": ("pausing", "paused", None),
    "unpause": ("unpausing", "running", None),
    "suspend": ("suspending", "suspended", None),
    "resume": ("resuming", "running", None),
}


def refusal(action: ServerAction, by_admin: bool = False, **facts: object) -> str | None:
    try:
        server_actions.check(action, instance(**facts), by_admin)
    except HostdownError as error:
        return error.message
    return None


def test_the_contract_names_every_action() -> None:
    assert [each[0] for each in CONTRACT.values()] == list(ACTIONS)


@pytest.mark.parametrize("row", CONTRACT.values(), ids=CONTRACT)
def test_an_action_is_allowed_exactly_where_the_contract_says(
    row: tuple[ServerAction, str, Collection[str], Collection[str | None]],
) -> None:
    action, name, vm_states, task_states = row
    for vm_state, task_state in STATES:
        wrong = None
        if vm_state not in vm_states:
            wrong = f"vm_state {vm_state}"
        elif task_state not in task_states:
            wrong = f"task_state {task_state}"
        said = refusal(action, vm_state=vm_state.value, task_state=task_state)
        expected = wrong and f"Cannot '{name}' instance u while it is in {wrong}"
        assert said == expected


@pytest.mark.parametrize("name", CONTRACT)
def test_an_action_gives_the_host_its_next_order(name: str) -> None:
    seen = instance(reboot="soft")
    after = server_actions.begun(CONTRACT[name][0], seen)
    assert (after.task_state, after.wanted, after.reboot) == ASKED[name]
    assert after.order == seen.order + 1
    same = {"task_state": None, "wanted": "", "reboot": None, "order": 0}
    assert after._replace(**same) == seen._replace(**same)  # type: ignore[arg-type] # a table


def test_a_lock_stops_all_but_administrators_before_anything_else_is_looked_at() -> None:
    for locker in (OWNER, ADMIN):
        broken = instance(locked_by=locker, host=None, vm_state="deleted")
        with pytest.raises(ServerLocked, match="Instance u is locked"):
            server_actions.check(server_actions.START, broken, by_admin=False)
        with pytest.raises(ServerNotReady, match="Instance u is not ready"):
            server_actions.check(server_actions.START, broken, by_admin=True)


def test_a_server_that_never_ran_is_told_so_after_its_state_was_found_right() -> None:
    with pytest.raises(ServerNeverRan, match="Instance u is in an invalid state for 'stop'"):
        server_actions.check(
            server_actions.STOP, instance(vm_state="error", launched_at=None), False
        )
    with pytest.raises(ServerInWrongState):
        server_actions.check(
            server_actions.STOP, instance(vm_state="building", launched_at=None), False
        )


@pytest.mark.parametrize("row", CONTRACT.values(), ids=CONTRACT)
def test_a_server_that_is_being_deleted_is_not_kept_by_resetting_its_state(
    row: tuple[ServerAction, str, Collection[str], Collection[str | None]],
) -> None:
    vm_state = VmState(next(iter(row[2]))).value
    said = refusal(row[0], by_admin=True, vm_state=vm_state, wanted="gone")
    assert said == f"Cannot '{row[1]}' instance u while it is in task_state deleting"


def test_no_action_wants_what_is_said_of_permits_that_are_asked_back() -> None:
    wanted = {action.wanted for action in ACTIONS}
    assert wanted == {Wanted.RUNNING, Wanted.STOPPED, Wanted.PAUSED, Wanted.SUSPENDED}
