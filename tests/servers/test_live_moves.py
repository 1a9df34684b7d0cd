"""Live migration, as its servers see it: two hosts' words, in every order (decision 0010)."""

import pytest
from tests.servers.moving import MovingScene
from tests.servers.scene import WISH

from hostdown.domain.action_errors import ServerInWrongState
from hostdown.domain.assignment import Assignment, Failure, Incoming, PowerState, Target, Wanted
from hostdown.domain.instance import INCOMING, RUN
from hostdown.domain.migration import Status
from hostdown.services import live_migrations
from hostdown.services.live_migrations import ABORTABLE_IN_QUEUE, Asked
from hostdown.services.live_moves import READY_MAX
from hostdown.storage import Storage

TICKET = "how it is taken in"
OFF, PAUSED = PowerState.SHUTDOWN, PowerState.PAUSED


@pytest.fixture
def scene(store: Storage) -> MovingScene:
    """Three hosts of one pool, with less and less room."""
    made = MovingScene(store)
    for host, memory_mb in (("a", 8192), ("b", 4096), ("c", 2048)):
        made.host(host, memory_mb)
        made.pool(host, "p", "locks")
    return made


def ask(scene: MovingScene, uuid: str, host: str | None = None) -> None:
    asker = scene.asker(admin=True)
    live_migrations.ask(scene.cell, scene.surveyor(), uuid, Asked(host), asker)


def abort(scene: MovingScene, uuid: str) -> None:
    number = scene.migration(uuid).id
    asker = scene.asker(admin=True)
    live_migrations.abort(scene.cell, uuid, number, ABORTABLE_IN_QUEUE, asker)


def shown(scene: MovingScene, uuid: str) -> tuple[str | None, str, str | None]:
    seen = scene.get(uuid)
    return seen.host, seen.vm_state, seen.task_state


def is_at(scene: MovingScene, uuid: str, status: str) -> bool:
    assert scene.migration(uuid).status.value == status
    return True


def awaited(scene: MovingScene) -> str:
    """A server of a, for which b gets ready."""
    uuid = scene.running(WISH).uuid
    ask(scene, uuid)
    scene.move()
    return uuid


def sent(scene: MovingScene) -> str:
    """The same, which a sends."""
    uuid = awaited(scene)
    ready(scene, "b", uuid)
    return uuid


def ready(scene: MovingScene, host: str, uuid: str) -> None:
    scene.say(host, uuid, PowerState.NOSTATE, claimed=False, order=0, ticket=TICKET)


def handed_over(scene: MovingScene, uuid: str) -> None:
    """a has made b its successor."""
    to = scene.permits(uuid)[-1].holder
    scene.gone("a", uuid, generation=1, holder=to, claimed=False)


def kept(scene: MovingScene, uuid: str, state: PowerState = PowerState.RUNNING) -> None:
    """a has it, and never hands it over."""
    number = scene.permits(uuid)[-1].generation
    failure = Failure("not-sent", "It was recalled.")
    scene.say("a", uuid, state, generation=1, kept=number, failure=failure)


def given_up(scene: MovingScene, uuid: str, host: str = "b") -> None:
    scene.gone(host, uuid, claimed=False, order=0)
    scene.move()


def open_permits(scene: MovingScene, uuid: str) -> list[tuple[int, str, str]]:
    return [(each.generation, each.host, each.kind) for each in scene.open(uuid)]


def of(scene: MovingScene, host: str) -> Assignment:
    (found,) = scene.assigned(host)
    return found


def test_each_host_hears_its_part_and_the_server_is_there_in_the_end(scene: MovingScene) -> None:
    uuid = awaited(scene)
    assert is_at(scene, uuid, "preparing")
    assert open_permits(scene, uuid) == [(1, "a", RUN), (2, "b", INCOMING)]
    there = of(scene, "b")
    assert (there.wanted, there.over, there.incoming) == (
        Wanted.ELSEWHERE,
        (),
        Incoming(Wanted.RUNNING, withdrawn=False),
    )
    assert (of(scene, "a").to, of(scene, "a").wanted) == (None, Wanted.RUNNING)
    ready(scene, "b", uuid)
    assert is_at(scene, uuid, "running")
    holder = scene.permits(uuid)[-1].holder
    assert of(scene, "a").to == Target(holder, "192.0.2.1", TICKET, hurry=False)
    scene.say("a", uuid, generation=1, progress={"memory_total_bytes": 8})
    assert scene.migration(uuid).progress == {"memory_total_bytes": 8}
    handed_over(scene, uuid)
    assert is_at(scene, uuid, "post-migrating")
    assert open_permits(scene, uuid) == [(2, "b", RUN)]
    assert shown(scene, uuid) == ("a", "active", "migrating")
    scene.say("b", uuid)
    assert is_at(scene, uuid, "completed")
    assert shown(scene, uuid) == ("b", "active", None)
    assert scene.told(uuid)[-1] == ("live-migration", "Success", None)
    assert scene.assigned("a") == ()


def test_the_new_hosts_word_alone_is_proof_of_the_handover(scene: MovingScene) -> None:
    uuid = sent(scene)
    scene.say("b", uuid)
    assert is_at(scene, uuid, "completed")
    assert open_permits(scene, uuid) == [(2, "b", RUN)]
    first = scene.permits(uuid)[0].ended
    assert first is not None
    assert (first.kind, first.by) == ("handover", "b")
    handed_over(scene, uuid)  # late
    assert open_permits(scene, uuid) == [(2, "b", RUN)]


def test_a_paused_server_is_paused_there(scene: MovingScene) -> None:
    uuid = scene.running(WISH).uuid
    seen = scene.get(uuid)
    after = seen._replace(vm_state="paused", wanted="paused", power_state=3)
    scene.cell.write(lambda rows: rows.instances.replace(seen, after))
    ask(scene, uuid)
    scene.move()
    assert of(scene, "b").incoming == Incoming(Wanted.PAUSED, withdrawn=False)
    ready(scene, "b", uuid)
    scene.say("b", uuid, PAUSED)
    assert shown(scene, uuid) == ("b", "paused", None)


def test_a_host_that_is_not_ready_is_followed_by_the_next_one(scene: MovingScene) -> None:
    uuid = awaited(scene)
    failure = Failure("disk-missing", "It has no disk.")
    scene.say("b", uuid, PowerState.NOSTATE, claimed=False, order=0, failure=failure)
    assert of(scene, "b").incoming == Incoming(Wanted.RUNNING, withdrawn=True)
    given_up(scene, uuid)
    assert open_permits(scene, uuid) == [(1, "a", RUN), (3, "c", INCOMING)]
    scene.later(READY_MAX.total_seconds() + 1, "a", "b", "c")
    scene.move()
    given_up(scene, uuid, "c")
    assert is_at(scene, uuid, "error")
    reason = scene.migration(uuid).reason or ""
    assert "b: It has no disk." in reason
    assert "c: it did not answer in time" in reason
    assert shown(scene, uuid) == ("a", "active", None)
    assert open_permits(scene, uuid) == [(1, "a", RUN)]


def test_no_host_at_all_is_an_error_and_changes_nothing(scene: MovingScene) -> None:
    uuid = scene.running(WISH).uuid
    for host in ("b", "c"):
        scene.force(host, down=True)
    ask(scene, uuid)
    scene.move()
    assert is_at(scene, uuid, "error")
    assert shown(scene, uuid) == ("a", "active", None)
    fault = scene.get(uuid).fault
    assert fault is not None
    assert fault.message.startswith("No valid host was found. ")


def test_of_a_dead_host_it_is_an_error_and_the_server_is_what_it_was(scene: MovingScene) -> None:
    uuid = scene.running(WISH).uuid
    scene.force("a", down=True)
    ask(scene, uuid)
    scene.move()
    assert is_at(scene, uuid, "error")
    assert scene.migration(uuid).reason == "Compute service of a is unavailable at this time."
    scene.evacuate(uuid)


def test_it_is_called_off_before_it_is_sent(scene: MovingScene) -> None:
    uuid = awaited(scene)
    abort(scene, uuid)
    scene.move()
    assert of(scene, "b").incoming == Incoming(Wanted.RUNNING, withdrawn=True)
    given_up(scene, uuid)
    assert is_at(scene, uuid, "cancelled")
    assert shown(scene, uuid) == ("a", "active", None)
    assert scene.get(uuid).fault is None


def test_nobody_withdraws_it_before_its_host_has_said_that_it_keeps_it(scene: MovingScene) -> None:
    uuid = sent(scene)
    abort(scene, uuid)
    scene.move()
    assert of(scene, "a").to is None
    assert of(scene, "b").incoming == Incoming(Wanted.RUNNING, withdrawn=False)
    kept(scene, uuid)
    assert of(scene, "b").incoming == Incoming(Wanted.RUNNING, withdrawn=True)
    given_up(scene, uuid)
    assert is_at(scene, uuid, "cancelled")
    assert open_permits(scene, uuid) == [(1, "a", RUN)]


def test_what_is_called_off_too_late_is_there(scene: MovingScene) -> None:
    uuid = sent(scene)
    abort(scene, uuid)
    scene.move()
    handed_over(scene, uuid)
    scene.move()
    scene.say("b", uuid)
    assert is_at(scene, uuid, "completed")
    assert shown(scene, uuid) == ("b", "active", None)


def test_what_lost_its_memory_starts_from_its_disk_at_once(scene: MovingScene) -> None:
    uuid = sent(scene)
    order = scene.get(uuid).order
    kept(scene, uuid, OFF)
    assert (of(scene, "a").order, of(scene, "a").wanted) == (order + 1, Wanted.RUNNING)
    scene.say("a", uuid, generation=1, order=order + 1)
    given_up(scene, uuid)
    assert is_at(scene, uuid, "failed")
    assert shown(scene, uuid) == ("a", "active", None)


def test_a_host_that_dies_while_it_sends_keeps_it_until_it_is_evacuated(scene: MovingScene) -> None:
    uuid = sent(scene)
    scene.force("a", down=True)
    with pytest.raises(ServerInWrongState):
        scene.evacuate(uuid)
    scene.later(3, "b", "c")
    scene.move()
    assert of(scene, "b").incoming == Incoming(Wanted.RUNNING, withdrawn=True)
    given_up(scene, uuid)
    assert is_at(scene, uuid, "failed")
    assert shown(scene, uuid) == ("a", "active", None)
    scene.evacuate(uuid)
    scene.later(3, "b", "c")
    scene.move()
    scene.later(3, "b", "c")
    scene.move()
    assert [each.generation for each in scene.permits(uuid)[-1].over] == [1, 2]


def test_a_host_that_has_it_by_then_is_believed(scene: MovingScene) -> None:
    uuid = sent(scene)
    scene.force("a", down=True)
    scene.later(3, "b", "c")
    scene.move()
    scene.say("b", uuid)
    assert is_at(scene, uuid, "completed")
    assert open_permits(scene, uuid) == [(2, "b", RUN)]


def test_a_destination_that_is_said_to_be_dead_is_waited_for_by_nobody(scene: MovingScene) -> None:
    uuid = sent(scene)
    scene.force("b", down=True)
    scene.later(3, "a", "c")
    scene.move()
    assert of(scene, "a").to is None
    kept(scene, uuid)
    scene.later(25, "a", "c")
    scene.move()
    scene.later(3, "a", "c")
    scene.move()
    assert is_at(scene, uuid, "failed")
    assert open_permits(scene, uuid) == [(1, "a", RUN)]


def test_a_destination_that_dies_with_it_can_be_evacuated(scene: MovingScene) -> None:
    uuid = sent(scene)
    handed_over(scene, uuid)
    scene.force("b", down=True)
    scene.later(3, "a", "c")
    scene.move()
    assert is_at(scene, uuid, "failed")
    assert shown(scene, uuid) == ("b", "active", None)
    scene.evacuate(uuid)


def test_a_source_that_boots_anew_starts_it_again_unless_it_is_there(scene: MovingScene) -> None:
    uuid = sent(scene)
    scene.boot("a")
    scene.fetch("a")
    scene.move()
    assert of(scene, "b").incoming == Incoming(Wanted.RUNNING, withdrawn=True)
    given_up(scene, uuid)
    assert is_at(scene, uuid, "failed")
    assert open_permits(scene, uuid) == [(3, "a", RUN)]
    again = of(scene, "a")
    assert (again.wanted, [each.generation for each in again.over]) == (Wanted.RUNNING, [1, 2])


def test_a_destination_that_boots_anew_is_awaited_no_more(scene: MovingScene) -> None:
    uuid = sent(scene)
    scene.boot("b")
    assert scene.assigned("b") == ()
    scene.move()
    kept(scene, uuid)
    scene.move()
    assert is_at(scene, uuid, "failed")
    assert open_permits(scene, uuid) == [(1, "a", RUN)]


def test_a_source_that_gives_it_up_for_nobody_gets_it_back(scene: MovingScene) -> None:
    uuid = sent(scene)
    scene.gone("a", uuid, generation=1, claimed=False)
    scene.move()
    given_up(scene, uuid)
    assert is_at(scene, uuid, "failed")
    assert open_permits(scene, uuid) == [(3, "a", RUN)]


def test_a_new_host_that_cannot_let_it_go_on_says_so(scene: MovingScene) -> None:
    uuid = sent(scene)
    handed_over(scene, uuid)
    failure = Failure("hypervisor", "It will not.")
    scene.say("b", uuid, OFF, claimed=False, failure=failure)
    assert (is_at(scene, uuid, "failed"), scene.migration(uuid).reason) == (True, "It will not.")
    assert shown(scene, uuid) == ("b", "stopped", None)


def test_a_server_that_is_deleted_on_its_way_is_nowhere(scene: MovingScene) -> None:
    uuid = sent(scene)
    scene.delete(uuid, admin=True)
    there = of(scene, "b").incoming
    assert there == Incoming(Wanted.GONE, withdrawn=False)
    scene.gone("b", uuid, claimed=False, order=0)
    scene.gone("a", uuid, generation=1)
    assert scene.get(uuid).deleted
    assert scene.open(uuid) == []


def test_a_server_that_was_handed_over_is_deleted_there(scene: MovingScene) -> None:
    uuid = sent(scene)
    scene.delete(uuid, admin=True)
    handed_over(scene, uuid)
    assert open_permits(scene, uuid) == [(2, "b", RUN)]
    assert of(scene, "b").wanted == Wanted.GONE
    scene.gone("b", uuid)
    assert scene.get(uuid).deleted


def test_too_many_at_once_wait_in_a_queue(scene: MovingScene) -> None:
    scene.limits = scene.limits._replace(per_destination=1)
    scene.mover = scene.another_mover("narrow")
    scene.later(3, "a", "b", "c")
    first, second = scene.running(WISH).uuid, scene.running(WISH).uuid
    for uuid in (first, second):
        ask(scene, uuid, "b")
    scene.mover.turn(scene.now)
    scene.later(3, "a", "b", "c")
    scene.mover.turn(scene.now)
    found = {scene.migration(uuid).status for uuid in (first, second)}
    assert found == {Status.PREPARING, Status.QUEUED}
