"""Live migration, as its servers see it: two hosts' words, in every order (decision 0010)."""

import pytest
from tests.servers.moving import MovingScene
from tests.servers.scene import WISH
from tests.servers.sending import (
    PAUSED,
    TICKET,
    ask,
    awaited,
    given_up,
    handed_over,
    is_at,
    of,
    open_permits,
    pool_of_three,
    ready,
    sent,
    shown,
)

from hostdown.domain.assignment import Failure, Incoming, PowerState, Target, Wanted
from hostdown.domain.instance import INCOMING, RUN
from hostdown.services.live_moves import READY_MAX
from hostdown.services.move_steps import FULL_AGAIN
from hostdown.services.rooms import Limits
from hostdown.storage import Storage


@pytest.fixture
def scene(store: Storage) -> MovingScene:
    return pool_of_three(store)


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


def test_a_host_sends_so_many_at_a_time_and_the_others_wait_their_turn(store: Storage) -> None:
    scene = MovingScene(store, limits=Limits(32, 4, live_per_source=1))
    for host, memory_mb in (("a", 8192), ("b", 4096)):
        scene.host(host, memory_mb)
        scene.pool(host, "p", "locks")
    first, second = (scene.running(WISH).uuid for _ in range(2))
    ask(scene, first)
    ask(scene, second)
    scene.move()
    assert is_at(scene, first, "preparing")
    assert is_at(scene, second, "queued")
    ready(scene, "b", first)
    scene.say("b", first)
    assert is_at(scene, first, "completed")
    scene.now += FULL_AGAIN
    scene.move()
    assert is_at(scene, second, "preparing")
