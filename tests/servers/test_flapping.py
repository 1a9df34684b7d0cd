"""A host that fails, comes back, and fails again."""

import pytest
from tests.servers.recovering import HOLD_OFF, RecoveringScene, four_hosts

from hostdown.domain.flapping import FAILURES_MAX, REASON
from hostdown.domain.recovery import SETTLED_AFTER, WINDOW
from hostdown.services.host_fault import HostWanted, Switch, set_host_down
from hostdown.storage import Storage

APART_S = WINDOW.total_seconds()
"""The storm gate lets one host through for each."""


@pytest.fixture
def scene(store: Storage) -> RecoveringScene:
    return four_hosts(store)


def fail_and_return(scene: RecoveringScene) -> None:
    scene.lose("a")
    scene.turn(HOLD_OFF + 2)
    assert scene.stage() == "done"
    scene.boot("a")
    scene.switches["a"].on = True
    scene.heard("a")
    scene.rest(SETTLED_AFTER.total_seconds() + 10)
    assert scene.stage() == "returned"
    assert not scene.service("a").forced_down


def test_the_third_time_within_an_hour_it_stays_disabled_until_somebody_enables_it(
    scene: RecoveringScene,
) -> None:
    for _ in range(FAILURES_MAX - 1):
        fail_and_return(scene)
        assert not scene.service("a").disabled
        scene.rest(APART_S)
    fail_and_return(scene)
    assert (scene.service("a").disabled, scene.service("a").disabled_reason) == (True, REASON)
    assert (
        scene.newest().reason
        == scene.timeline()[-1]
        == f"It is back, and stays disabled: it {REASON}."
    )
    assert not scene.service("b").disabled
    changed = scene.cell.read(lambda rows: rows.journal.history("a", 2))
    assert {each.caller.user_name for each in changed} == {"recovery"}


def test_failures_that_are_longer_ago_do_not_count(scene: RecoveringScene) -> None:
    for _ in range(FAILURES_MAX):
        fail_and_return(scene)
        scene.rest(1800)
    assert not scene.service("a").disabled


def test_whoever_disabled_it_before_had_reasons(scene: RecoveringScene) -> None:
    wanted = HostWanted(status=Switch.DISABLE)
    storage = scene.storage
    set_host_down(storage.cells, storage.directory, scene.caller(), "a", wanted, scene.now)
    for _ in range(FAILURES_MAX):
        fail_and_return(scene)
        scene.rest(APART_S)
    assert scene.service("a").disabled_reason is None
