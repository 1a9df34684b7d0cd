"""Evacuations that do not find their host at once, or at all."""

from uuid import uuid4

import pytest
from tests.servers.moving import DEAD, MovingScene, on_a

from hostdown.domain.assignment import Failure, PowerState
from hostdown.domain.evacuation_errors import HostNotCleared
from hostdown.domain.migration import Status
from hostdown.domain.server_actions import START, STOP
from hostdown.services.mover import BROKEN_AGAIN
from hostdown.services.rooms import Limits
from hostdown.storage import Storage


def test_without_a_host_it_is_what_it_was(moving: MovingScene) -> None:
    server = on_a(moving)
    moving.force("a", down=True)
    moving.force("b", down=True)
    moving.evacuate(server.uuid)
    moving.move()
    seen = moving.get(server.uuid)
    assert (seen.vm_state, seen.task_state, seen.host) == ("active", None, "a")
    assert seen.fault is not None
    assert "b: it is down" in seen.fault.message
    assert moving.migration(server.uuid).status is Status.ERROR
    (permit,) = moving.open(server.uuid)
    assert permit.host == "a"
    assert not permit.asked_back
    assert moving.told(server.uuid)[1][:2] == ("evacuate", "Error")


def test_what_its_host_was_asked_for_before_is_not_done_after_it(moving: MovingScene) -> None:
    """Else a server that is shown stopped would run once its host is back."""
    server = on_a(moving)
    moving.act(server.uuid, STOP)
    moving.say("a", server.uuid, PowerState.SHUTDOWN)
    asked = moving.act(server.uuid, START)
    version = moving.fetch("a").version
    moving.force("a", down=True)
    moving.force("b", down=True)
    moving.evacuate(server.uuid)
    moving.move()
    seen = moving.get(server.uuid)
    assert (seen.vm_state, seen.task_state) == ("stopped", None)
    assert (seen.wanted, seen.order) == ("stopped", asked.order + 1)
    assert moving.fetch("a").version > version


def test_a_destination_that_fails_gives_it_to_the_next_one(moving: MovingScene) -> None:
    moving.host("c", 2048)
    server = on_a(moving)
    moving.later(DEAD, "b", "c")
    moving.evacuate(server.uuid)
    moving.move()
    failure = Failure("disk-full", "There is no room.")
    moving.say("b", server.uuid, PowerState.NOSTATE, claimed=False, failure=failure)
    moving.move()
    (permit,) = moving.open(server.uuid)
    assert permit.host == "b"
    assert permit.asked_back
    moving.gone("b", server.uuid, claimed=False)
    moving.move()
    (permit,) = moving.open(server.uuid)
    assert permit.host == "c"
    first, second = (each.holder for each in moving.permits(server.uuid)[:2])
    assert moving.assigned("c")[0].over == (first, second)
    moving.say("c", server.uuid)
    assert moving.migration(server.uuid).status is Status.DONE
    assert moving.migration(server.uuid).tried == {"b": "There is no room."}


def test_after_the_last_host_it_is_back_home_under_a_new_permit(moving: MovingScene) -> None:
    server = on_a(moving)
    moving.later(DEAD, "b")
    moving.evacuate(server.uuid)
    moving.move()
    failure = Failure("disk-full", "There is no room.")
    moving.say("b", server.uuid, PowerState.NOSTATE, claimed=False, failure=failure)
    moving.gone("b", server.uuid, claimed=False)
    moving.move()
    assert moving.migration(server.uuid).status is Status.FAILED
    (permit,) = moving.open(server.uuid)
    assert (permit.host, permit.generation) == ("a", 3)
    seen = moving.get(server.uuid)
    assert (seen.vm_state, seen.task_state, seen.host) == ("active", None, "a")
    assert seen.fault is not None
    assert "There is no room." in seen.fault.message
    assert moving.assigned("a")[0].wanted == "running"


def test_a_destination_that_dies_is_replaced_once_somebody_says_so(moving: MovingScene) -> None:
    moving.host("c", 2048)
    server = on_a(moving)
    moving.later(DEAD, "b", "c")
    moving.evacuate(server.uuid)
    moving.move()
    moving.later(DEAD, "c")
    moving.move()
    assert [each.host for each in moving.open(server.uuid)] == ["b"]
    moving.force("b", down=True)
    moving.later(3, "c")
    moving.move()
    assert [each.host for each in moving.open(server.uuid)] == ["c"]


def test_a_destination_that_never_answers_is_asked_to_give_it_up(moving: MovingScene) -> None:
    server = on_a(moving)
    moving.later(DEAD, "b")
    moving.evacuate(server.uuid)
    moving.move()
    moving.later(601, "b")
    moving.move()
    (permit,) = moving.open(server.uuid)
    assert permit.host == "b"
    assert permit.asked_back
    # What it says now comes too late: it was asked to give it up, and says so next.
    moving.say("b", server.uuid)
    assert moving.migration(server.uuid).status is Status.PRE_MIGRATING
    moving.gone("b", server.uuid)
    moving.move()
    assert moving.migration(server.uuid).status is Status.FAILED


def test_what_keeps_a_destination_waiting_is_in_the_history_and_changes_nothing(
    moving: MovingScene,
) -> None:
    server = on_a(moving)
    moving.later(DEAD, "b")
    moving.evacuate(server.uuid)
    moving.move()
    before = moving.get(server.uuid)
    (permit,) = moving.open(server.uuid)
    facts = {"order": 0, "claimed": False, "waits": "It is locked."}
    moving.say("b", server.uuid, PowerState.NOSTATE, **facts)
    assert ("evacuate", None, "It is locked.") in moving.told(server.uuid)
    assert (moving.get(server.uuid), moving.open(server.uuid)) == (before, [permit])
    moving.tell("a", moving.said(server.uuid)._replace(generation=1, waits="I have it."))
    assert ("evacuate", None, "It is locked.") in moving.told(server.uuid)
    moving.say("b", server.uuid)
    assert ("evacuate", "Success", None) in moving.told(server.uuid)
    assert "It is locked." not in [each[2] for each in moving.told(server.uuid)]


def test_the_old_host_s_word_changes_nothing(moving: MovingScene) -> None:
    server = on_a(moving)
    old = moving.said(server.uuid)
    moving.later(DEAD, "b")
    moving.evacuate(server.uuid)
    moving.tell("a", old)
    assert moving.get(server.uuid).task_state == "rebuilding"
    moving.move()
    moving.tell("a", old)
    moving.tell("a", old._replace(gone=True))
    assert moving.get(server.uuid).task_state == "rebuild_spawning"
    assert [each.host for each in moving.open(server.uuid)] == ["b"]


def test_one_whose_rows_nobody_can_read_keeps_no_other_one_waiting(
    moving: MovingScene, caplog: pytest.LogCaptureFixture
) -> None:
    """As a database has it that was mended by hand: a server on a host, and no permit."""
    whole = on_a(moving)
    broken = moving.cell.write(
        lambda rows: rows.instances.add(whole._replace(uuid=str(uuid4()), name="broken"))
    )
    moving.later(DEAD, "b")
    moving.evacuate(broken.uuid)
    moving.evacuate(whole.uuid)
    moving.move()
    assert moving.migration(whole.uuid).dest_host == "b"
    assert moving.migration(broken.uuid).dest_host is None
    (told,) = [each for each in caplog.records if "broke down" in each.message]
    assert broken.uuid in told.message
    assert told.exc_info is not None
    moving.later(BROKEN_AGAIN.total_seconds(), "b")
    caplog.clear()
    moving.move()
    assert "broke down" in caplog.text  # tried again, and not sooner


def test_no_more_than_the_limits_are_under_way(store: Storage) -> None:
    scene = MovingScene(store, limits=Limits(3, 2))
    scene.host("a", 8192)
    servers = [on_a(scene) for _ in range(5)]
    scene.host("b", 8192)
    scene.later(DEAD, "b")
    for each in servers:
        scene.evacuate(each.uuid)
    scene.move()
    assert len(scene.assigned("b")) == 2
    scene.host("c", 8192)
    scene.later(1, "b", "c")
    scene.move()
    assert len(scene.assigned("c")) == 1
    scene.say("b", scene.assigned("b")[0].uuid)
    scene.later(1, "b", "c")
    scene.move()
    assert len(scene.assigned("b")) + len(scene.assigned("c")) == 4


def test_a_server_that_is_deleted_while_its_host_is_asked_for_it_is_gone_there(
    moving: MovingScene,
) -> None:
    server = on_a(moving)
    moving.force("a", down=True)
    moving.evacuate(server.uuid)
    moving.move()
    assert moving.assigned("a")[0].wanted == "elsewhere"
    moving.delete(server.uuid)
    assert moving.assigned("a")[0].wanted == "gone"


def test_a_server_that_is_deleted_on_its_way_is_gone(moving: MovingScene) -> None:
    server = on_a(moving)
    moving.later(DEAD, "b")
    moving.evacuate(server.uuid)
    moving.move()
    moving.delete(server.uuid)
    assert moving.get(server.uuid).deleted
    assert moving.assigned("b")[0].wanted == "gone"
    moving.later(3, "b")
    moving.move()
    moving.gone("b", server.uuid)
    assert moving.open(server.uuid) == []


def test_a_forced_destination_has_to_be_up_too(moving: MovingScene) -> None:
    server = on_a(moving)
    moving.force("a", down=True)
    moving.force("b", down=True)
    moving.evacuate(server.uuid, "b", forced=True)
    moving.move()
    seen = moving.migration(server.uuid)
    assert (seen.status, "b: it is down" in str(seen.reason)) == (Status.ERROR, True)


def test_it_may_be_evacuated_again_before_its_first_host_is_back(moving: MovingScene) -> None:
    moving.host("c", 2048)
    server = on_a(moving)
    moving.later(DEAD, "b", "c")
    moving.evacuate(server.uuid)
    moving.move()
    moving.say("b", server.uuid)
    moving.later(DEAD, "c")
    moving.evacuate(server.uuid, "c", forced=True)
    moving.move()
    moving.say("c", server.uuid)
    assert moving.get(server.uuid).host == "c"
    assert [each.status for each in moving.migrations(server.uuid)] == [Status.DONE] * 2


def test_a_host_is_not_let_up_while_something_of_it_moves(moving: MovingScene) -> None:
    server = on_a(moving)
    moving.later(DEAD, "b")
    moving.force("a", down=True)
    moving.evacuate(server.uuid)
    for _ in ("accepted", "pre-migrating", "done"):
        with pytest.raises(HostNotCleared, match="Unable to force up host a as `done`"):
            moving.force("a", down=False)
        moving.move()
        if moving.migration(server.uuid).status is Status.PRE_MIGRATING:
            with pytest.raises(HostNotCleared):
                moving.force("a", down=False)
            moving.say("b", server.uuid)
    moving.fetch("a", settled=moving.migration(server.uuid).source_number)
    moving.force("a", down=False)
