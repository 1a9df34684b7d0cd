"""A server of a dead host, from the request to its next host's word."""

import pytest
from tests.servers.moving import DEAD, HEARD, MovingScene, on_a

from hostdown.domain.action_errors import ServerInWrongState
from hostdown.domain.assignment import PowerState
from hostdown.domain.evacuation_errors import (
    DestinationIsSource,
    DestinationUnknown,
    SourceInUse,
)
from hostdown.domain.migration import Status
from hostdown.domain.server_actions import STOP
from hostdown.services.hearings import WAITS
from hostdown.services.permit_ports import Proof
from hostdown.services.releases import Silent
from hostdown.storage import Storage


def test_a_server_moves_and_is_shown_there_in_one_moment(moving: MovingScene) -> None:
    server = on_a(moving)
    moving.later(DEAD, "b")
    moving.force("a", down=True)
    assert moving.evacuate(server.uuid).status is Status.ACCEPTED
    assert moving.get(server.uuid).task_state == "rebuilding"
    moving.move()
    under_way = moving.migration(server.uuid)
    assert (under_way.status, under_way.dest_host) == (Status.PRE_MIGRATING, "b")
    assert moving.get(server.uuid).host == "a"
    (assignment,) = moving.assigned("b")
    first, second = moving.permits(server.uuid)
    assert assignment.over == (first.holder,)
    assert assignment.generation == second.generation
    assert first.ended is not None
    assert first.ended.kind == "word"
    assert moving.assigned("a") == ()
    moving.say("b", server.uuid)
    seen = moving.get(server.uuid)
    assert (seen.host, seen.node, seen.vm_state, seen.task_state) == ("b", "b", "active", None)
    done = moving.migration(server.uuid)
    assert done.status is Status.DONE
    assert done.source_number > 0
    assert done.due_at is None
    assert moving.told(server.uuid)[1:] == [
        ("evacuate", "Success", done.reason),
        ("evacuate", "Success", None),
    ]


def test_a_host_that_is_up_is_not_evacuated(moving: MovingScene) -> None:
    server = on_a(moving)
    with pytest.raises(SourceInUse, match=r"Compute service of a is still in use\."):
        moving.evacuate(server.uuid)


def test_a_host_that_nobody_knows_is_no_destination(moving: MovingScene) -> None:
    server = on_a(moving)
    moving.force("a", down=True)
    with pytest.raises(DestinationUnknown):
        moving.evacuate(server.uuid, "z")
    with pytest.raises(DestinationIsSource):
        moving.evacuate(server.uuid, "a")


def test_the_second_of_two_evacuations_is_refused(moving: MovingScene) -> None:
    server = on_a(moving)
    moving.force("a", down=True)
    moving.evacuate(server.uuid)
    with pytest.raises(ServerInWrongState, match="task_state rebuilding"):
        moving.evacuate(server.uuid, "b")
    assert len(moving.migrations(server.uuid)) == 1


def test_a_host_that_talks_is_asked_before_the_word_is_used(moving: MovingScene) -> None:
    server = on_a(moving)
    moving.force("a", down=True)
    moving.evacuate(server.uuid)
    moving.move()
    (permit,) = moving.open(server.uuid)
    assert permit.asked_back
    assert permit.host == "a"
    assert moving.migration(server.uuid).reason == "Host a is asked to give it up."
    assert moving.told(server.uuid)[-1][2] == "Host a is asked to give it up."
    moving.gone("a", server.uuid)
    moving.move()
    first, second = moving.permits(server.uuid)
    assert first.ended is not None
    assert first.ended.kind == "surrender"
    assert second.host == "b"


def test_a_host_that_was_asked_in_vain_loses_it_by_the_word(moving: MovingScene) -> None:
    server = on_a(moving)
    moving.force("a", down=True)
    moving.evacuate(server.uuid)
    moving.move()
    moving.later(1.9, "b")
    moving.move()
    assert [each.host for each in moving.open(server.uuid)] == ["a"]
    moving.later(0.2, "b")
    moving.move()
    first = moving.permits(server.uuid)[0]
    assert first.ended is not None
    assert first.ended.kind == "word"
    assert first.ended.by.startswith("admin (req-")
    assert [each.host for each in moving.open(server.uuid)] == ["b"]


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


def test_a_new_boot_of_the_source_is_proof_and_gets_nothing_back(moving: MovingScene) -> None:
    server = on_a(moving)
    moving.later(DEAD, "b")
    moving.silent = Silent.PROOF
    moving.configured()
    moving.evacuate(server.uuid)
    moving.later(3, "b")
    moving.move()
    moving.boot("a")
    assert moving.assigned("a") == ()
    moving.later(3, "b", "a")
    moving.move()
    first, second = moving.permits(server.uuid)
    assert first.ended is not None
    assert first.ended.kind == "proof"
    assert second.host == "b"


def test_whoever_takes_it_over_hears_how_long_nobody_wrote(moving: MovingScene) -> None:
    """S6: the wait after a word or a proof counts from then on, not from the claim."""
    server = on_a(moving)
    moving.later(DEAD, "b")
    moving.evacuate(server.uuid)
    moving.move()
    assert moving.assigned("b")[0].quiet_ms == 0
    moving.later(1.5, "b")
    assert moving.assigned("b")[0].quiet_ms == 1500
    moving.say("b", server.uuid)
    assert moving.assigned("b")[0].quiet_ms == 0


def test_a_stopped_server_is_not_started_only_to_be_stopped(moving: MovingScene) -> None:
    server = on_a(moving)
    moving.act(server.uuid, STOP)
    moving.say("a", server.uuid, PowerState.SHUTDOWN)
    moving.later(DEAD, "b")
    moving.evacuate(server.uuid)
    moving.move()
    (assignment,) = moving.assigned("b")
    assert assignment.wanted == "stopped"
    moving.say("b", server.uuid, PowerState.NOSTATE, claimed=False)
    seen = moving.get(server.uuid)
    assert (seen.host, seen.vm_state, seen.power_state) == ("b", "stopped", 4)


def test_since_2_95_it_ends_stopped(moving: MovingScene) -> None:
    server = on_a(moving)
    moving.later(DEAD, "b")
    moving.evacuate(server.uuid, stopped=True)
    moving.move()
    assert moving.assigned("b")[0].wanted == "stopped"


def test_whoever_does_not_lead_grants_nothing(moving: MovingScene) -> None:
    server = on_a(moving)
    moving.later(DEAD, "b")
    moving.evacuate(server.uuid)
    other = moving.another_mover("other")
    moving.mover.turn(moving.now)
    assert not other.turn(moving.now)
    moving.later(1.9, "b")
    assert not other.turn(moving.now)


def test_a_new_leader_grants_nothing_before_hosts_that_are_up_have_reported(
    moving: MovingScene,
) -> None:
    server = on_a(moving)
    moving.later(DEAD, "b")
    moving.evacuate(server.uuid)
    moving.mover = moving.another_mover("other")
    moving.move()
    moving.later(40)
    moving.move()
    assert moving.told(server.uuid)[-1] == ("evacuate", None, WAITS)
    moving.later(HEARD.total_seconds() - 1)
    moving.move()
    assert [each.host for each in moving.open(server.uuid)] == ["a"]
    moving.later(2, "b")
    moving.move()
    assert [each.host for each in moving.open(server.uuid)] == ["b"]
    assert WAITS not in [details for _, _, details in moving.told(server.uuid)]


@pytest.mark.parametrize("proven", [False, True])
def test_what_an_old_database_says_of_a_host_ends_no_waiting(
    moving: MovingScene, proven: bool
) -> None:
    """P5: it may have lost what the host was granted since; only a proof says that it is dead."""
    server = on_a(moving)
    moving.later(DEAD, "b")
    moving.evacuate(server.uuid)
    if proven:
        a = moving.record("a")
        proof = Proof(a.id, a.boot, "host", "fence", moving.now, "bmc", {})
        moving.cell.write(lambda rows: rows.proofs.add(proof))
    moving.mover = moving.another_mover("other")
    moving.move()
    moving.later(3, "b")
    moving.move()
    assert [each.host for each in moving.open(server.uuid)] == ["b" if proven else "a"]
    moving.later(HEARD.total_seconds() + 1, "b")
    moving.move()
    assert [each.host for each in moving.open(server.uuid)] == ["b"]
