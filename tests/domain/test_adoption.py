"""What becomes of holders that a database does not know (NEVER-TWICE L3, P5)."""

from datetime import datetime

import pytest
from tests.domain.things import instance

from hostdown.domain.adoption import Verdict, found, verdict
from hostdown.domain.assignment import Had, PowerState, Wanted
from hostdown.domain.instance import (
    INCOMING,
    RUN,
    Before,
    Ended,
    Instance,
    Permit,
    PermitState,
    VmState,
)

NOW = datetime(2026, 3, 1, 12)
GRANTED, CLAIMED = PermitState.GRANTED, PermitState.CLAIMED


def had(generation: int = 2, claimed: bool = True, **facts: object) -> Had:
    plain = Had("i1", generation, 1, 3, PowerState.RUNNING, claimed)
    return plain._replace(**facts)  # type: ignore[arg-type] # a table of facts


def permit(generation: int, host: str, state: PermitState | None = None) -> Permit:
    """Ended, if it has no state."""
    ended = Ended("surrender", host, NOW) if state is None else None
    kept = (state or PermitState.ENDED).value
    return Permit(1, "i1", generation, host, host, 1, RUN, (), "keep", 0, kept, ended, NOW)


def claimed_once(generation: int, host: str) -> Permit:
    """Ended after its host had told that it has the disk."""
    return permit(generation, host)._replace(ended=Ended("surrender", host, NOW, True))


def waiting(generation: int, host: str) -> Permit:
    """For a guest that is sent."""
    return permit(generation, host, GRANTED)._replace(kind=INCOMING)


CASES = [
    ("held", had(2), [permit(1, "a"), permit(2, "d", CLAIMED)]),
    ("held", had(2, claimed=False), [permit(2, "d", GRANTED)]),
    ("ended", had(2), [permit(1, "a"), permit(2, "d"), permit(3, "a", CLAIMED)]),
    ("adopt", had(2), [permit(1, "a", CLAIMED)]),
    ("adopt", had(2, claimed=False), [permit(1, "a", CLAIMED)]),
    ("adopt", had(1), []),
    ("adopt", had(2), [permit(1, "a"), permit(2, "a")]),
    ("ended", had(2, claimed=False), [permit(1, "a"), permit(2, "a")]),
    ("ended", had(2, claimed=False), [permit(2, "a", GRANTED)]),
    ("ended", had(2, claimed=False), [permit(3, "a", CLAIMED)]),
    ("ask back", had(2), [permit(1, "a"), permit(2, "a", GRANTED)]),
    ("ask back", had(2), [permit(3, "a", GRANTED)]),
    ("await", had(2, claimed=False, incoming=True), [permit(1, "a", CLAIMED)]),
    ("await", had(2, claimed=False, incoming=True), []),
    ("held", had(2, claimed=False, incoming=True), [permit(1, "a"), waiting(2, "d")]),
    ("ended", had(2, claimed=False, incoming=True), [permit(1, "a"), permit(3, "a", CLAIMED)]),
    ("adopt", had(2), [permit(1, "a", CLAIMED), waiting(3, "a")]),
    ("strange", had(2), [permit(2, "a", CLAIMED)]),
    ("ended", had(2), [permit(1, "a"), permit(3, "a", CLAIMED)]),
    ("ended", had(1), [permit(1, "a"), permit(2, "a"), claimed_once(3, "a")]),
    ("ended", had(1), [claimed_once(2, "a"), permit(3, "a", GRANTED)]),
    ("adopt", had(2), [permit(1, "a"), claimed_once(2, "a")]),
]


@pytest.mark.parametrize(("what", "seen", "permits"), CASES)
def test_what_becomes_of_a_permit_that_a_host_says_it_has(
    what: str, seen: Had, permits: list[Permit]
) -> None:
    assert verdict(seen, "d", permits) is Verdict(what)


def server(**facts: object) -> Instance:
    plain: dict[str, object] = {
        "host": "a",
        "vm_state": VmState.BUILDING.value,
        "task_state": "spawning",
        "order": 1,
        "launched_at": None,
    }
    return instance(**(plain | facts))


@pytest.mark.parametrize(
    ("state", "vm_state", "wanted"),
    [
        (PowerState.RUNNING, VmState.ACTIVE, Wanted.RUNNING),
        (PowerState.PAUSED, VmState.PAUSED, Wanted.PAUSED),
        (PowerState.SUSPENDED, VmState.SUSPENDED, Wanted.SUSPENDED),
        (PowerState.SHUTDOWN, VmState.STOPPED, Wanted.STOPPED),
        (PowerState.CRASHED, VmState.STOPPED, Wanted.STOPPED),
    ],
)
def test_the_server_is_what_its_host_says(
    state: PowerState, vm_state: VmState, wanted: Wanted
) -> None:
    before = Before("active", 1, "running")
    seen = server(before=before, reboot="hard", fault=None)
    after = found(seen, had(state=state), "d", "node d", NOW)
    assert (after.host, after.node, after.order) == ("d", "node d", 3)
    assert (after.vm_state, after.task_state, after.wanted) == (vm_state, None, wanted)
    assert (after.power_state, after.launched_at) == (state, NOW)
    assert (after.before, after.reboot, after.fault) == (None, None, None)


def test_the_next_order_is_greater_than_any_that_was_carried_out() -> None:
    assert found(server(order=7), had(order=3), "d", None, NOW).order == 7
    assert found(server(order=2), had(order=3), "d", None, NOW).order == 3


def test_what_its_host_never_told_of_is_asked_for_anew() -> None:
    seen = server(wanted=Wanted.RUNNING.value)
    after = found(seen, had(state=PowerState.NOSTATE, claimed=False), "d", None, NOW)
    assert (after.vm_state, after.task_state, after.wanted) == ("building", None, "running")
    assert after.order == 4
    assert after.launched_at is None


def test_a_server_that_is_to_go_goes_there() -> None:
    seen = server(wanted=Wanted.GONE.value, task_state="deleting")
    after = found(seen, had(), "d", None, NOW)
    assert (after.wanted, after.task_state, after.order) == ("gone", "deleting", 4)
    assert after.vm_state == VmState.BUILDING
