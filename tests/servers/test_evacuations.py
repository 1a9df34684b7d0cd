"""A server of a dead host, from the request to its next host's word."""

import pytest
from tests.servers.moving import MovingScene
from tests.servers.scene import WISH

from hostdown.domain.action_errors import ServerInWrongState
from hostdown.domain.assignment import Failure, PowerState
from hostdown.domain.evacuation_errors import (
    DestinationIsSource,
    DestinationUnknown,
    SourceInUse,
)
from hostdown.domain.instance import Instance
from hostdown.domain.migration import Status
from hostdown.domain.server_actions import STOP
from hostdown.services.releases import Silent
from hostdown.services.rooms import Limits
from hostdown.storage import Storage

DEAD = 61.0
"""Seconds after which a host is down by silence."""


@pytest.fixture
def scene(store: Storage) -> MovingScene:
    """Two hosts; the server of `running` is on a."""
    made = MovingScene(store)
    made.host("a", 8192)
    made.host("b")
    return made


def on_a(scene: MovingScene) -> Instance:
    made = scene.running(WISH)
    assert made.host == "a"
    return made


def test_a_server_moves_and_is_shown_there_in_one_moment(scene: MovingScene) -> None:
    server = on_a(scene)
    scene.later(DEAD, "b")
    scene.force("a", down=True)
    assert scene.evacuate(server.uuid).status is Status.ACCEPTED
    assert scene.get(server.uuid).task_state == "rebuilding"
    scene.move()
    under_way = scene.migration(server.uuid)
    assert (under_way.status, under_way.dest_host) == (Status.PRE_MIGRATING, "b")
    assert scene.get(server.uuid).host == "a"
    (assignment,) = scene.assigned("b")
    first, second = scene.permits(server.uuid)
    assert assignment.over == (first.holder,)
    assert assignment.generation == second.generation
    assert first.ended is not None
    assert first.ended.kind == "word"
    assert scene.assigned("a") == ()
    scene.say("b", server.uuid)
    seen = scene.get(server.uuid)
    assert (seen.host, seen.node, seen.vm_state, seen.task_state) == ("b", "b", "active", None)
    done = scene.migration(server.uuid)
    assert done.status is Status.DONE
    assert done.source_number > 0
    assert done.due_at is None
    assert scene.told(server.uuid)[1:] == [
        ("evacuate", "Success", None),
        ("evacuate", "Success", None),
    ]


def test_a_host_that_is_up_is_not_evacuated(scene: MovingScene) -> None:
    server = on_a(scene)
    with pytest.raises(SourceInUse, match="Compute service of a is still in use."):
        scene.evacuate(server.uuid)


def test_a_host_that_nobody_knows_is_no_destination(scene: MovingScene) -> None:
    server = on_a(scene)
    scene.force("a", down=True)
    with pytest.raises(DestinationUnknown):
        scene.evacuate(server.uuid, "z")
    with pytest.raises(DestinationIsSource):
        scene.evacuate(server.uuid, "a")


def test_the_second_of_two_evacuations_is_refused(scene: MovingScene) -> None:
    server = on_a(scene)
    scene.force("a", down=True)
    scene.evacuate(server.uuid)
    with pytest.raises(ServerInWrongState, match="task_state rebuilding"):
        scene.evacuate(server.uuid, "b")
    assert len(scene.migrations(server.uuid)) == 1


def test_a_host_that_talks_is_asked_before_the_word_is_used(scene: MovingScene) -> None:
    server = on_a(scene)
    scene.force("a", down=True)
    scene.evacuate(server.uuid)
    scene.move()
    (permit,) = scene.open(server.uuid)
    assert permit.asked_back
    assert permit.host == "a"
    assert scene.migration(server.uuid).reason == "Host a is asked to give it up."
    scene.gone("a", server.uuid)
    scene.move()
    first, second = scene.permits(server.uuid)
    assert first.ended is not None
    assert first.ended.kind == "surrender"
    assert second.host == "b"


def test_a_host_that_was_asked_in_vain_loses_it_by_the_word(scene: MovingScene) -> None:
    server = on_a(scene)
    scene.force("a", down=True)
    scene.evacuate(server.uuid)
    scene.move()
    scene.later(1.9, "b")
    scene.move()
    assert [each.host for each in scene.open(server.uuid)] == ["a"]
    scene.later(0.2, "b")
    scene.move()
    first = scene.permits(server.uuid)[0]
    assert first.ended is not None
    assert first.ended.kind == "word"
    assert first.ended.by.startswith("admin (req-")
    assert [each.host for each in scene.open(server.uuid)] == ["b"]


def test_silence_alone_proves_nothing_where_a_proof_is_asked_for(store: Storage) -> None:
    scene = MovingScene(store, silent=Silent.PROOF)
    scene.host("a", 8192)
    scene.host("b")
    server = on_a(scene)
    scene.later(DEAD, "b")
    scene.evacuate(server.uuid)
    scene.move()
    waiting = scene.migration(server.uuid)
    assert waiting.status is Status.ACCEPTED
    assert "proves" in str(waiting.reason)
    scene.force("a", down=True)
    scene.later(3, "b")
    scene.move()
    assert scene.migration(server.uuid).status is Status.PRE_MIGRATING


def test_a_new_boot_of_the_source_is_proof_and_gets_nothing_back(scene: MovingScene) -> None:
    server = on_a(scene)
    scene.later(DEAD, "b")
    scene.silent = Silent.PROOF
    scene.mover = scene.another_mover("other")
    scene.evacuate(server.uuid)
    scene.later(3, "b")
    scene.move()
    scene.boot("a")
    assert scene.assigned("a") == ()
    scene.later(3, "b", "a")
    scene.move()
    first, second = scene.permits(server.uuid)
    assert first.ended is not None
    assert first.ended.kind == "proof"
    assert second.host == "b"


def test_a_stopped_server_is_not_started_only_to_be_stopped(scene: MovingScene) -> None:
    server = on_a(scene)
    scene.act(server.uuid, STOP)
    scene.say("a", server.uuid, PowerState.SHUTDOWN)
    scene.later(DEAD, "b")
    scene.evacuate(server.uuid)
    scene.move()
    (assignment,) = scene.assigned("b")
    assert assignment.wanted == "stopped"
    scene.say("b", server.uuid, PowerState.NOSTATE, claimed=False)
    seen = scene.get(server.uuid)
    assert (seen.host, seen.vm_state, seen.power_state) == ("b", "stopped", 4)


def test_since_2_95_it_ends_stopped(scene: MovingScene) -> None:
    server = on_a(scene)
    scene.later(DEAD, "b")
    scene.evacuate(server.uuid, stopped=True)
    scene.move()
    assert scene.assigned("b")[0].wanted == "stopped"


def test_without_a_host_it_is_what_it_was(scene: MovingScene) -> None:
    server = on_a(scene)
    scene.force("a", down=True)
    scene.force("b", down=True)
    scene.evacuate(server.uuid)
    scene.move()
    seen = scene.get(server.uuid)
    assert (seen.vm_state, seen.task_state, seen.host) == ("active", None, "a")
    assert seen.fault is not None
    assert "b: it is down" in seen.fault.message
    assert scene.migration(server.uuid).status is Status.ERROR
    (permit,) = scene.open(server.uuid)
    assert permit.host == "a"
    assert not permit.asked_back
    assert scene.told(server.uuid)[1][:2] == ("evacuate", "Error")


def test_a_destination_that_fails_gives_it_to_the_next_one(scene: MovingScene) -> None:
    scene.host("c", 2048)
    server = on_a(scene)
    scene.later(DEAD, "b", "c")
    scene.evacuate(server.uuid)
    scene.move()
    failure = Failure("disk-full", "There is no room.")
    scene.say("b", server.uuid, PowerState.NOSTATE, claimed=False, failure=failure)
    scene.move()
    (permit,) = scene.open(server.uuid)
    assert permit.host == "b"
    assert permit.asked_back
    scene.gone("b", server.uuid, claimed=False)
    scene.move()
    (permit,) = scene.open(server.uuid)
    assert permit.host == "c"
    first, second = (each.holder for each in scene.permits(server.uuid)[:2])
    assert scene.assigned("c")[0].over == (first, second)
    scene.say("c", server.uuid)
    assert scene.migration(server.uuid).status is Status.DONE
    assert scene.migration(server.uuid).tried == {"b": "There is no room."}


def test_after_the_last_host_it_is_back_home_under_a_new_permit(scene: MovingScene) -> None:
    server = on_a(scene)
    scene.later(DEAD, "b")
    scene.evacuate(server.uuid)
    scene.move()
    failure = Failure("disk-full", "There is no room.")
    scene.say("b", server.uuid, PowerState.NOSTATE, claimed=False, failure=failure)
    scene.gone("b", server.uuid, claimed=False)
    scene.move()
    assert scene.migration(server.uuid).status is Status.FAILED
    (permit,) = scene.open(server.uuid)
    assert (permit.host, permit.generation) == ("a", 3)
    seen = scene.get(server.uuid)
    assert (seen.vm_state, seen.task_state, seen.host) == ("active", None, "a")
    assert seen.fault is not None
    assert "There is no room." in seen.fault.message
    assert scene.assigned("a")[0].wanted == "running"


def test_a_destination_that_dies_is_replaced_once_somebody_says_so(scene: MovingScene) -> None:
    scene.host("c", 2048)
    server = on_a(scene)
    scene.later(DEAD, "b", "c")
    scene.evacuate(server.uuid)
    scene.move()
    scene.later(DEAD, "c")
    scene.move()
    assert [each.host for each in scene.open(server.uuid)] == ["b"]
    scene.force("b", down=True)
    scene.later(3, "c")
    scene.move()
    assert [each.host for each in scene.open(server.uuid)] == ["c"]


def test_a_destination_that_never_answers_is_asked_to_give_it_up(scene: MovingScene) -> None:
    server = on_a(scene)
    scene.later(DEAD, "b")
    scene.evacuate(server.uuid)
    scene.move()
    scene.later(601, "b")
    scene.move()
    (permit,) = scene.open(server.uuid)
    assert permit.host == "b"
    assert permit.asked_back
    # What it says now comes too late: it was asked to give it up, and says so next.
    scene.say("b", server.uuid)
    assert scene.migration(server.uuid).status is Status.PRE_MIGRATING
    scene.gone("b", server.uuid)
    scene.move()
    assert scene.migration(server.uuid).status is Status.FAILED


def test_the_old_host_s_word_changes_nothing(scene: MovingScene) -> None:
    server = on_a(scene)
    old = scene.said(server.uuid)
    scene.later(DEAD, "b")
    scene.evacuate(server.uuid)
    scene.tell("a", old)
    assert scene.get(server.uuid).task_state == "rebuilding"
    scene.move()
    scene.tell("a", old)
    scene.tell("a", old._replace(gone=True))
    assert scene.get(server.uuid).task_state == "rebuild_spawning"
    assert [each.host for each in scene.open(server.uuid)] == ["b"]


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


def test_a_server_that_is_deleted_on_its_way_is_gone(scene: MovingScene) -> None:
    server = on_a(scene)
    scene.later(DEAD, "b")
    scene.evacuate(server.uuid)
    scene.move()
    scene.delete(server.uuid)
    assert scene.get(server.uuid).deleted
    assert scene.assigned("b")[0].wanted == "gone"
    scene.later(3, "b")
    scene.move()
    scene.gone("b", server.uuid)
    assert scene.open(server.uuid) == []


def test_whoever_does_not_lead_grants_nothing(scene: MovingScene) -> None:
    server = on_a(scene)
    scene.later(DEAD, "b")
    scene.evacuate(server.uuid)
    other = scene.another_mover("other")
    scene.mover.turn(scene.now)
    assert not other.turn(scene.now)
    scene.later(1.9, "b")
    assert not other.turn(scene.now)


def test_a_new_leader_grants_nothing_before_hosts_that_are_up_have_reported(
    scene: MovingScene,
) -> None:
    server = on_a(scene)
    scene.later(DEAD, "b")
    scene.evacuate(server.uuid)
    scene.later(1)
    scene.move()
    assert [each.host for each in scene.open(server.uuid)] == ["a"]
    scene.later(1, "b")
    scene.move()
    assert [each.host for each in scene.open(server.uuid)] == ["b"]
