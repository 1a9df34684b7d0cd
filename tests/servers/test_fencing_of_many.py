"""What many failed hosts, or many dead devices, mean for the fencing of one."""

import threading
from datetime import datetime

import pytest
from tests.servers.recovering import HOLD_OFF, RecoveringScene, four_hosts

from hostdown.drivers.crew import Threads
from hostdown.services.fence_crew_ports import Reached
from hostdown.storage import Storage


@pytest.fixture
def scene(store: Storage) -> RecoveringScene:
    return four_hosts(store)


def test_who_became_the_isolated_one_after_the_attempt_sends_nothing(
    scene: RecoveringScene,
) -> None:
    """F2: the gate is asked again before each send."""
    scene.hands.slow = True  # the attempt is committed, nothing is sent yet
    scene.lose("a")
    scene.turn(HOLD_OFF + 0.2)
    assert scene.stage() == "fencing"
    scene.lose("b", "c", "d")
    scene.hands.slow = False
    scene.hands.work()
    scene.turn(5)
    assert scene.bmcs["a"].sent == 0
    (of_a,) = [each for each in scene.all() if each.host == "a"]
    assert "cut off" in str(of_a.reason)
    scene.heard("b", "c", "d")
    scene.turn(2)
    assert scene.bmcs["a"].sent >= 1


def test_devices_of_hosts_that_wait_leave_half_of_the_crew_to_those_that_are_fenced() -> None:
    at, go = datetime(2026, 3, 1), threading.Event()

    def dead(number: int) -> Reached:
        go.wait(10)
        return Reached(number, 1, at, None, "dead")

    crew = Threads[int, Reached]("fence", at_once=4)
    calm = [crew.begin(each, lambda each=each: dead(each), is_urgent=False) for each in range(4)]  # type: ignore[misc] # a lambda's default
    urgent = [crew.begin(each, lambda each=each: dead(each)) for each in range(10, 14)]  # type: ignore[misc] # a lambda's default
    go.set()
    assert (calm, urgent) == ([True, True, False, False], [True, True, False, False])
