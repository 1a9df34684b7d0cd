"""What a server is while it moves cold, and after a yes, a no, or a failure."""

import pytest
from tests.domain.things import LONG_AGO, NOW, instance, migration

from hostdown.domain import cold_moves
from hostdown.domain.assignment import PowerState, Wanted
from hostdown.domain.instance import Instance

RUNNING, STOPPED = Wanted.RUNNING, Wanted.STOPPED


def server(**facts: object) -> Instance:
    return instance(**({"launched_at": LONG_AGO, "wanted": "running", "order": 3} | facts))


@pytest.mark.parametrize(
    ("vm_state", "wanted", "expected"),
    [
        ("active", "running", RUNNING),
        ("stopped", "stopped", STOPPED),
        ("error", "running", RUNNING),
        ("stopped", "running", STOPPED),
        ("resized", "stopped", STOPPED),
    ],
)
def test_it_goes_on_as_what_it_is(vm_state: str, wanted: str, expected: Wanted) -> None:
    assert cold_moves.runs(server(vm_state=vm_state, wanted=wanted)) is expected


def test_its_host_stops_it_and_the_next_one_starts_it_bigger() -> None:
    seen = server(task_state="resize_migrating")
    stopping = cold_moves.stopping(seen)
    assert (stopping.wanted, stopping.order) == ("stopped", 4)
    bigger = seen.flavor._replace(vcpus=9)
    sent = cold_moves.sent(stopping, bigger, RUNNING)
    assert (sent.wanted, sent.order, sent.task_state) == ("running", 5, "resize_finish")
    assert sent.flavor == bigger


@pytest.mark.parametrize(("wanted", "power"), [("running", 1), ("stopped", 4)])
def test_it_waits_for_a_yes_where_it_is(wanted: str, power: int) -> None:
    by = migration(dest_host="b", dest_node="b.node")
    seen = server(wanted=wanted, host="a", task_state="resize_finish")
    after = cold_moves.arrived(seen, by, PowerState.RUNNING, NOW)
    assert (after.host, after.node, after.vm_state) == ("b", "b.node", "resized")
    assert (after.task_state, after.power_state, after.launched_at) == (None, power, NOW)
    yes = cold_moves.confirmed(after)
    assert yes.vm_state == {"running": "active", "stopped": "stopped"}[wanted]
    no = cold_moves.reverted(after, by, PowerState.RUNNING, NOW)
    assert (no.host, no.node, no.vm_state) == ("compute1", "compute1.node", yes.vm_state)


def test_after_a_failure_it_is_what_it_was_and_says_why() -> None:
    seen = server(vm_state="active", task_state="resize_migrating", wanted="stopped")
    after = cold_moves.failed(seen, "no host", NOW)
    assert after.fault is not None
    assert after.fault.message == "No valid host was found. no host"
    assert after._replace(fault=None) == seen._replace(task_state=None)
    again = cold_moves.taken_back(after, seen.flavor, RUNNING)
    assert (again.wanted, again.order) == ("running", 4)
