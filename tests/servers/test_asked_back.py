"""A permit that is asked back: how its host hears of it, and what its surrender leaves behind."""

import pytest
from tests.servers.moving import MovingScene

from hostdown.domain.assignment import PowerState, Wanted
from hostdown.domain.migration import Status
from hostdown.storage import Storage


@pytest.fixture
def scene(store: Storage) -> MovingScene:
    """Two hosts; the server of `running` is on a."""
    made = MovingScene(store)
    made.host("a", 8192)
    made.host("b")
    return made


def test_it_is_served_as_that_whatever_the_server_shall_be(scene: MovingScene) -> None:
    """W4: by a host that is forced down it is served too."""
    server = scene.running()
    version = scene.fetch("a").version
    scene.force("a", down=True)
    scene.evacuate(server.uuid)
    scene.move()
    served = scene.fetch("a", version)
    assert served.instances is not None
    assert [each.wanted for each in served.instances] == [Wanted.ELSEWHERE]
    assert served.held
    assert scene.get(server.uuid).wanted == "running"


def test_its_surrender_leaves_the_server_without_a_permit_for_who_moves_it(
    scene: MovingScene,
) -> None:
    server = scene.running()
    scene.force("a", down=True)
    scene.evacuate(server.uuid)
    scene.move()
    word = scene.said(server.uuid, PowerState.SHUTDOWN, claimed=False, gone=True)
    scene.tell("a", word)
    assert scene.open(server.uuid) == []
    assert scene.assigned("a") == ()
    (permit,) = scene.permits(server.uuid)
    assert permit.ended is not None
    assert (permit.ended.kind, permit.ended.by) == ("surrender", "a")
    before = scene.migration(server.uuid)
    scene.tell("a", word)
    assert scene.migration(server.uuid) == before
    assert len(scene.permits(server.uuid)) == 1


def test_a_surrender_that_comes_after_the_move_has_failed_ends_at_home(scene: MovingScene) -> None:
    """P2: nobody moves it any more, and it must not be left without a permit (P1)."""
    server = scene.running()
    scene.force("a", down=True)
    scene.evacuate(server.uuid)
    scene.move()
    scene.force("b", down=True)
    scene.later(0.5)
    scene.move()
    scene.later(3)
    scene.move()
    assert scene.migration(server.uuid).status is Status.ERROR
    scene.gone("a", server.uuid, generation=1)
    (permit,) = scene.open(server.uuid)
    assert (permit.host, permit.generation, permit.asked_back) == ("a", 2, False)
    assert [each.generation for each in scene.assigned("a")] == [2]


def test_what_a_host_said_before_it_heard_of_it_ends_nothing(scene: MovingScene) -> None:
    """RACES 2."""
    server = scene.running()
    scene.force("a", down=True)
    scene.evacuate(server.uuid)
    scene.move()
    scene.say("a", server.uuid)
    (permit,) = scene.open(server.uuid)
    assert permit.asked_back
    assert [each.wanted for each in scene.assigned("a")] == [Wanted.ELSEWHERE]
