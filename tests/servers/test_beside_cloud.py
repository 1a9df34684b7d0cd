"""Hosts of a cloud whose Controller is another one, recovered by the same rules."""

import pytest
from tests.servers.beside import BesideScene, beside
from tests.servers.recovering import HOLD_OFF
from tests.servers.scene import ADMIN

from hostdown.domain.cloud_errors import CloudSilent
from hostdown.domain.recovery import SETTLED_AFTER
from hostdown.drivers.fencing.fake import FakeFault
from hostdown.services import recovery_words
from hostdown.services.cloud_evacuator import ASK_AGAIN_S
from hostdown.services.cloud_mirror import READ_EVERY_S
from hostdown.storage import Storage

SILENT = CloudSilent("The cloud did not answer.", retry=True)


@pytest.fixture
def scene(store: Storage) -> BesideScene:
    return beside(store)


def test_a_whole_recovery_with_nobody_typing(scene: BesideScene) -> None:
    servers = [scene.cloud.make_server(name, "a", {}) for name in ("one", "two")]
    scene.die("a")
    scene.turn(HOLD_OFF - 0.2)
    assert (scene.stage(), scene.is_forced("a")) == ("holding-off", (False, False))
    scene.turn(3)
    assert {scene.where(each) for each in servers} == {"b"}
    assert (scene.stage(), scene.is_forced("a")) == ("done", (True, True))
    (last,) = scene.lines()[-1:]
    assert last.details["moved"] == dict.fromkeys(servers, "b")
    scene.come_back("a")
    scene.turn(10)
    assert (scene.stage(), scene.is_forced("a")) == ("done", (True, True))
    scene.turn(SETTLED_AFTER.total_seconds())
    assert (scene.stage(), scene.is_forced("a")) == ("returned", (False, False))


def test_a_dead_bmc_holds_it_and_nothing_is_asked_of_the_cloud(scene: BesideScene) -> None:
    server = scene.cloud.make_server("one", "a", {})
    scene.bmcs["a"].fault = FakeFault.DEAD
    scene.die("a")
    scene.turn(60)
    assert scene.stage() == "held by failed"
    assert (scene.where(server), scene.is_forced("a"), scene.asked()) == ("a", (False, False), [])


def test_the_most_urgent_go_first_so_many_at_a_time_and_some_not_at_all(
    scene: BesideScene,
) -> None:
    scene.at_once = 1
    scene.recoverer = scene.another_recoverer(scene._leadership)
    make = scene.cloud.make_server
    none = make("none", "a", {})
    high = make("high", "a", {"HA_Priority": "9"})
    low = make("low", "a", {"HA_Priority": "-1"})
    for name, metadata in (("off", {"HA_Enabled": "no"}), ("own", {"HA_Recovery": "consumer"})):
        make(name, "a", metadata)
    for other in "bcd":
        scene.cloud.pause(other)
    scene.fenced("a")
    scene.turn(5)
    assert scene.asked() == [high]
    scene.cloud.resume("b")
    scene.turn(5)
    assert scene.asked() == [high, none, low]
    assert scene.stage() == "done"


def test_a_server_without_a_place_is_told_and_asked_for_again(scene: BesideScene) -> None:
    server = scene.cloud.make_server("one", "a", {})
    for other in "bcd":
        scene.cloud.hosts[other].alive = False
    scene.fenced("a")
    scene.turn(2)
    assert f"Server {server} was asked for, and is error here." in scene.timeline()
    scene.turn(ASK_AGAIN_S - 5)
    assert (scene.stage(), len(scene.asked())) == ("evacuating", 1)
    scene.cloud.hosts["c"].alive = True
    scene.turn(10)
    assert (scene.stage(), scene.where(server), len(scene.asked())) == ("done", "c", 2)


def test_a_server_in_another_state_stays_and_is_told(scene: BesideScene) -> None:
    server = scene.cloud.make_server("one", "a", {})
    scene.cloud.servers[server].vm_state = "paused"
    scene.fenced("a")
    scene.turn(2)
    assert (scene.stage(), scene.asked()) == ("done", [])
    assert scene.lines()[-2].details["stay"][server].startswith("It is paused")  # type: ignore[index] # JSON


def test_a_server_that_something_else_is_done_to_is_waited_for_and_told(
    scene: BesideScene,
) -> None:
    server = scene.cloud.make_server("one", "a", {})
    scene.cloud.servers[server].task_state = "image_uploading"
    scene.fenced("a")
    scene.turn(40)
    assert (scene.stage(), scene.asked()) == ("evacuating", [])
    assert "image_uploading" in str(scene.newest().reason)
    scene.cloud.servers[server].task_state = None
    scene.turn(3)
    assert (scene.stage(), scene.asked()) == ("done", [server])


def test_what_a_host_that_booted_anew_still_has_is_not_asked_for(scene: BesideScene) -> None:
    """Nothing but the proof keeps it from running twice, and that is about the boot before."""
    server = scene.cloud.make_server("one", "a", {})
    for other in "bcd":
        scene.cloud.hosts[other].alive = False
    scene.fenced("a")
    scene.turn(2)
    scene.boot("a")
    for other in "bcd":
        scene.cloud.hosts[other].alive = True
    scene.turn(ASK_AGAIN_S + 5)
    assert (scene.stage(), scene.where(server), scene.asked()) == ("done", "a", [server])


def test_it_is_not_forced_down_once_it_has_booted_anew(scene: BesideScene) -> None:
    scene.cloud.make_server("one", "a", {})
    scene.cloud.faults["services"] = SILENT
    scene.fenced("a")
    scene.boot("a")
    scene.cloud.faults.clear()
    scene.turn(3)
    assert (scene.stage(), scene.is_forced("a")) == ("done", (False, True))
    assert scene.asked() == []
    scene.come_back("a")
    scene.turn(SETTLED_AFTER.total_seconds() + 10)
    assert (scene.stage(), scene.is_forced("a")) == ("returned", (False, False))


def test_a_host_that_is_heard_all_the_same_is_void_and_nothing_more_is_asked(
    scene: BesideScene,
) -> None:
    scene.cloud.make_server("one", "a", {})
    scene.cloud.faults["evacuate"] = SILENT
    scene.fenced("a")
    scene.turn(1)
    scene.report("a")
    scene.turn(1)
    scene.cloud.faults.clear()
    scene.turn(60)
    assert (scene.stage(), scene.asked()) == ("void", [])
    assert scene.is_forced("a") == (True, True)


def test_what_was_on_its_way_when_it_went_off_stops_nothing(scene: BesideScene) -> None:
    server = scene.cloud.make_server("one", "a", {})
    scene.cloud.faults["force_down"] = SILENT
    scene.fenced("a")
    scene.report("a")
    scene.turn(1)
    scene.cloud.faults.clear()
    scene.turn(3)
    assert (scene.stage(), scene.asked()) == ("done", [server])


def test_a_word_forces_down_there_as_well_and_who_said_it_takes_it_back(
    scene: BesideScene,
) -> None:
    server = scene.cloud.make_server("one", "a", {})
    scene.bmcs["a"].fault = FakeFault.DEAD
    scene.die("a")
    scene.turn(HOLD_OFF + 1)
    cells, number = scene.storage.cells, scene.newest().id
    recovery_words.confirm_off(cells, number, scene.caller(ADMIN), scene.now)
    scene.turn(3)
    assert (scene.stage(), scene.where(server), scene.is_forced("a")) == ("done", "b", (True, True))
    scene.come_back("a")
    scene.turn(SETTLED_AFTER.total_seconds() + 30)
    assert (scene.stage(), scene.is_forced("a")) == ("returned", (True, True))
    scene.cloud.clear_force_down("a")
    scene.turn(READ_EVERY_S + 1)
    assert scene.is_forced("a") == (False, False)
