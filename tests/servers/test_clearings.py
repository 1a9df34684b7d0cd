"""Servers that are deleted while no host has a permit for them (NEVER-TWICE D3)."""

from datetime import timedelta

import pytest
from tests.servers.moving import DEAD, MovingScene, on_a

from hostdown.domain.assignment import Disk, Wanted
from hostdown.domain.instance import Instance
from hostdown.services.clearing_ports import Clearing
from hostdown.services.clearings import NOBODY_AGAIN
from hostdown.services.move_steps import LOOK_AGAIN


def remembered(moving: MovingScene) -> list[Clearing]:
    far = moving.now + timedelta(days=1)
    return moving.cell.read(lambda rows: rows.clearings.due(far, 10))


def between(moving: MovingScene) -> Instance:
    """A server that a has run and then b, which has given it up; nobody has it."""
    server = on_a(moving)
    moving.later(DEAD, "b")
    moving.force("a", down=True)
    moving.evacuate(server.uuid)
    moving.move()
    moving.gone("b", server.uuid)
    assert moving.open(server.uuid) == []
    return server


def test_one_host_of_a_common_pool_is_told_that_nothing_shall_be_left(moving: MovingScene) -> None:
    for name in ("a", "b"):
        moving.pool(name, "nfs")
    server = between(moving)
    assert moving.delete(server.uuid).deleted
    moving.move()
    (told,) = moving.assigned("b")
    _, second, _ = moving.permits(server.uuid)
    assert (told.wanted, told.disk, told.data_gen) == (Wanted.GONE, Disk.KEEP, 0)
    assert told.over == (second.holder,)
    moving.gone("b", server.uuid)
    moving.later(10, "b")
    moving.move()
    assert moving.assigned("b") == ()
    assert remembered(moving) == []


def test_on_pools_of_their_own_each_host_clears_up_after_itself(moving: MovingScene) -> None:
    """Also one that is back only later, or whose pool nobody knows."""
    moving.pool("b", "disk of b")
    server = between(moving)
    moving.delete(server.uuid)
    moving.move()
    assert [each.wanted for each in moving.assigned("b")] == [Wanted.GONE]
    moving.gone("b", server.uuid)
    moving.later(10, "b")
    moving.move()
    assert [(each.pool_id, each.host) for each in remembered(moving)] == [("", "a")]
    moving.force("a", down=False)
    moving.later(10, "a", "b")
    moving.move()
    assert [each.wanted for each in moving.assigned("a")] == [Wanted.GONE]
    moving.gone("a", server.uuid)
    moving.later(LOOK_AGAIN.total_seconds())
    moving.move()
    assert remembered(moving) == []


def test_while_no_host_of_the_pool_is_up_it_is_looked_for_now_and_then(
    moving: MovingScene,
) -> None:
    for name in ("a", "b"):
        moving.pool(name, "nfs")
    server = between(moving)
    moving.force("b", down=True)
    moving.delete(server.uuid)
    moving.move()
    assert moving.open(server.uuid) == []
    (seen,) = remembered(moving)
    assert seen.due_at == moving.now + NOBODY_AGAIN
    moving.force("b", down=False)
    moving.later(10, "b")
    moving.move()
    assert [each.host for each in moving.open(server.uuid)] == ["b"]


@pytest.mark.parametrize("dead", ["word", "proof"])
def test_if_the_host_that_clears_up_dies_another_one_does(moving: MovingScene, dead: str) -> None:
    for name in ("a", "b"):
        moving.pool(name, "nfs")
    server = between(moving)
    moving.delete(server.uuid)
    moving.move()
    moving.later(DEAD)
    moving.move()
    assert [each.host for each in moving.open(server.uuid)] == ["b"]  # silence ends nothing
    moving.force("a", down=False)
    moving.report("a")
    if dead == "word":
        moving.force("b", down=True)
    else:
        moving.boot("b")
        assert [each.generation for each in moving.assigned("b")] == [4]  # at home, by the proof
        moving.force("b", down=True)
    moving.later(LOOK_AGAIN.total_seconds())
    moving.move()
    (held,) = moving.open(server.uuid)
    assert held.host == "a"
    assert "user (req-" in str(moving.permits(server.uuid)[-2].ended)


def test_one_that_never_had_a_permit_leaves_nothing_to_remember(moving: MovingScene) -> None:
    moving.later(DEAD)
    (server,) = moving.create()
    assert moving.delete(server.uuid).deleted
    assert remembered(moving) == []


@pytest.mark.parametrize("knew", [False, True])
def test_who_gave_it_up_before_it_knew_has_cleared_nothing(moving: MovingScene, knew: bool) -> None:
    """The host that the server is shown on is down, so it is deleted at once (seed 18 of chaos)."""
    for name in ("a", "b"):
        moving.pool(name, "nfs")
    server = on_a(moving)
    moving.later(DEAD, "b")
    moving.force("a", down=True)
    moving.evacuate(server.uuid)
    moving.move()
    before = moving.get(server.uuid).order
    after = moving.delete(server.uuid)
    assert after.deleted
    moving.gone("b", server.uuid, order=after.order if knew else before)
    assert [each.pool_id for each in remembered(moving)] == ([] if knew else ["nfs"])
