"""What fails between us and the cloud, at each step, and what another server goes on from."""

import pytest
from tests.servers.beside import BesideScene, beside
from tests.servers.recovering import HOLD_OFF

from hostdown.domain.cloud_errors import CloudFailed, CloudNotCleared, CloudSilent
from hostdown.domain.recovery import SETTLED_AFTER
from hostdown.services.cloud_evacuator import ASK_AGAIN_S, TELL_AGAIN_S
from hostdown.services.cloud_mirror import READ_EVERY_S
from hostdown.storage import Storage

SILENT = CloudSilent("The cloud did not answer.", retry=True)
BEFORE_EVACUATION = ["services", "force_down", "servers_on", "evacuations_from", "evacuate"]


@pytest.fixture
def scene(store: Storage) -> BesideScene:
    return beside(store)


@pytest.mark.parametrize("step", BEFORE_EVACUATION)
def test_a_step_that_fails_is_told_once_and_done_when_the_cloud_answers(
    scene: BesideScene, step: str
) -> None:
    server = scene.cloud.make_server("one", "a", {})
    scene.cloud.faults[step] = SILENT
    scene.fenced("a")
    scene.turn(2 * TELL_AGAIN_S)
    assert (scene.stage(), scene.newest().reason) == ("evacuating", str(SILENT))
    assert (scene.timeline().count(str(SILENT)), scene.asked()) == (1, [])
    assert scene.service("a").forced_down
    scene.cloud.faults.clear()
    scene.turn(ASK_AGAIN_S + 3)
    assert (scene.stage(), scene.asked(), scene.where(server)) == ("done", [server], "b")


def test_what_fails_in_ever_other_words_does_not_fill_the_timeline(scene: BesideScene) -> None:
    for number in range(100):
        scene.cloud.faults["services"] = CloudSilent(f"Failure {number}.", retry=True)
        if number == 0:
            scene.fenced("a")
        scene.turn(2)
    assert 2 <= sum(each.startswith("Failure") for each in scene.timeline()) <= 5


def test_a_refusal_that_no_retry_helps_leaves_the_server_and_is_told(scene: BesideScene) -> None:
    servers = [scene.cloud.make_server(name, "a", {}) for name in ("one", "two")]
    refusal = CloudFailed("The cloud refused to evacuate it (403): no.", retry=False)
    scene.cloud.faults["evacuate"] = refusal
    scene.fenced("a")
    scene.turn(3)
    assert (scene.stage(), scene.asked()) == ("done", [])
    (end,) = [each for each in scene.lines() if "stay" in each.details]
    assert end.details["stay"] == dict.fromkeys(servers, str(refusal))


def test_a_host_that_has_yet_to_clear_up_is_let_up_when_it_has(scene: BesideScene) -> None:
    scene.cloud.make_server("one", "a", {})
    scene.fenced("a")
    scene.turn(2)
    scene.boot("a")
    scene.switches["a"].on = True
    scene.heard("a")
    scene.turn(SETTLED_AFTER.total_seconds() + 30)
    assert (scene.stage(), scene.is_forced("a")) == ("done", (True, True))
    assert scene.timeline().count("a has yet to clear up.") == 1
    scene.cloud.boot("a")
    scene.turn(10)
    assert (scene.stage(), scene.is_forced("a")) == ("returned", (False, False))


def test_a_cloud_that_is_silent_when_the_host_is_back_keeps_it_down(scene: BesideScene) -> None:
    scene.cloud.faults["clear_force_down"] = CloudNotCleared("Not yet.", retry=True)
    scene.fenced("a")
    scene.turn(2)
    scene.come_back("a")
    scene.turn(SETTLED_AFTER.total_seconds() + 30)
    assert (scene.stage(), scene.is_forced("a")) == ("done", (True, True))
    scene.cloud.faults.clear()
    scene.turn(10)
    assert scene.stage() == "returned"


def test_a_server_killed_between_force_down_and_evacuate_is_followed_by_one_that_goes_on(
    scene: BesideScene,
) -> None:
    server = scene.cloud.make_server("one", "a", {})
    scene.cloud.faults["servers_on"] = SILENT
    scene.fenced("a")
    assert (scene.is_forced("a"), scene.asked()) == ((True, True), [])
    scene.cloud.faults.clear()
    scene.crash()
    scene.turn(3)
    assert (scene.stage(), scene.asked(), scene.where(server)) == ("done", [server], "b")


def test_one_killed_after_it_asked_is_followed_by_one_that_does_not_ask_again(
    scene: BesideScene,
) -> None:
    servers = [scene.cloud.make_server(name, "a", {}) for name in ("one", "two")]
    for other in "bcd":
        scene.cloud.pause(other)
    scene.fenced("a")
    scene.turn(2)
    assert scene.asked() == servers
    scene.crash()
    scene.turn(ASK_AGAIN_S + 5)
    assert (scene.stage(), scene.asked()) == ("evacuating", servers)
    scene.cloud.resume("b")
    scene.turn(3)
    assert scene.stage() == "done"
    (end,) = [each for each in scene.lines() if "moved" in each.details]
    assert end.details["moved"] == dict.fromkeys(servers, "b")


def test_one_killed_between_the_record_and_the_request_is_followed_by_one_that_asks(
    scene: BesideScene,
) -> None:
    server = scene.cloud.make_server("one", "a", {})
    scene.die("a")
    scene.turn(HOLD_OFF)
    scene.calls.slow = True
    while not any("asked to run elsewhere" in each for each in scene.timeline()):
        scene.turn(0.05)
        if not any("asked to run" in each for each in scene.timeline()):
            scene.calls.work()
    assert scene.asked() == []
    scene.crash()
    scene.turn(3)
    assert (scene.stage(), scene.asked(), scene.where(server)) == ("done", [server], "b")


def test_a_server_that_arrives_is_not_asked_for_again(scene: BesideScene) -> None:
    """A Nova shows it for a moment as active, with nothing being done to it, where it was."""
    server = scene.cloud.make_server("one", "a", {})
    for other in "bcd":
        scene.cloud.pause(other)
    scene.fenced("a")
    scene.turn(ASK_AGAIN_S + 5)
    scene.cloud.servers[server].task_state = None
    scene.turn(1.0)
    scene.cloud.servers[server].host = "b"
    scene.cloud.moves[0].status = "done"
    scene.turn(2)
    assert (scene.stage(), scene.asked()) == ("done", [server])
    assert not any("was asked for" in each for each in scene.timeline())


def test_nothing_is_read_while_answers_are_awaited(scene: BesideScene) -> None:
    """A server that was read before it was asked for looks as if nothing had come of that."""
    servers = [scene.cloud.make_server(name, "a", {}) for name in ("one", "two")]
    scene.die("a")
    scene.turn(HOLD_OFF)
    scene.calls.slow = True
    for _ in range(100):
        scene.turn(0.05)
        if all(map(scene.calls.is_free, servers)):
            scene.calls.work()
    assert not any(map(scene.calls.is_free, servers))
    assert scene.calls.is_free(f"look {scene.newest().id}")
    scene.calls.work()
    scene.calls.slow = False
    scene.turn(3)
    assert scene.stage() == "done"
    assert not any("was asked for" in each for each in scene.timeline())


def test_a_leader_that_was_stopped_asks_for_nothing_when_it_goes_on(scene: BesideScene) -> None:
    scene.cloud.make_server("one", "a", {})
    scene.die("a")
    scene.turn(HOLD_OFF)
    scene.calls.slow = True
    scene.turn(1)
    old = scene.calls
    scene.wait(2)  # its lease may be over
    old.work()
    assert (scene.is_forced("a"), scene.asked()) == ((False, True), [])


def test_a_host_that_somebody_forced_down_there_is_left_alone(scene: BesideScene) -> None:
    scene.cloud.force_down("a")
    scene.turn(READ_EVERY_S + 1)
    assert scene.is_forced("a") == (True, True)
    scene.die("a")
    scene.turn(HOLD_OFF + 5)
    assert scene.all() == []
    scene.cloud.clear_force_down("a")
    scene.turn(READ_EVERY_S + HOLD_OFF + 1)
    assert scene.proofs("a")


def test_to_force_it_down_there_while_it_may_come_back_takes_it_over(scene: BesideScene) -> None:
    scene.recovery = scene.recovery._replace(hold_off=2 * scene.recovery.missed_after)
    scene.recoverer = scene.another_recoverer(scene._leadership)
    scene.die("a")
    scene.turn(1)
    scene.cloud.force_down("a")
    scene.turn(READ_EVERY_S + 2)
    assert (scene.stage(), scene.is_forced("a")) == ("cancelled", (True, True))
    assert scene.bmcs["a"].sent == 0


def test_a_cloud_that_cannot_tell_changes_nothing_and_is_told_once(
    scene: BesideScene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.cloud.faults["services"] = SILENT
    scene.turn(3 * READ_EVERY_S)
    assert sum("is not known" in each for each in caplog.messages) == 1
    assert scene.is_forced("a") == (False, False)


def test_a_host_that_the_cloud_does_not_know_is_told_once(
    scene: BesideScene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.host("e", 4096)
    scene.turn(3 * READ_EVERY_S)
    assert sum("no compute service of host 'e'" in each for each in caplog.messages) == 1


def test_a_host_whose_cell_does_not_answer_there_is_not_called_unknown(
    scene: BesideScene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.cloud.force_down("a")
    scene.turn(READ_EVERY_S + 1)
    scene.cloud.hosts["a"].seen = False
    scene.turn(3 * READ_EVERY_S)
    assert "no compute service" not in caplog.text
    assert scene.is_forced("a") == (True, True)


def test_what_is_read_slowly_says_nothing_of_a_host_that_was_let_up_meanwhile(
    scene: BesideScene,
) -> None:
    scene.fenced("a")
    scene.come_back("a")
    scene.turn(SETTLED_AFTER.total_seconds() - 15)
    assert (scene.stage(), scene.is_forced("a")) == ("done", (True, True))
    scene.readings.tells = False
    scene.turn(30)
    assert (scene.stage(), scene.is_forced("a")) == ("returned", (False, False))
    scene.readings.tells = True
    scene.turn()
    assert scene.is_forced("a") == (False, False)
