"""Servers whose disks do not lie where they go, and servers that only a word protects."""

import pytest
from tests.servers.moving import DEAD, MovingScene, on_a

from hostdown.domain.assignment import Disk, Failure, PowerState
from hostdown.domain.disk_moves import LocalDisks
from hostdown.domain.instance import Instance
from hostdown.domain.migration import Status
from hostdown.services.releases import Covers

LOST = "Its disk was on another pool, that of host {host}: it is made anew"


def pools(scene: MovingScene, **by_host: str) -> None:
    for name, pool in by_host.items():
        scene.pool(name, pool, "local" if pool.startswith("own") else "locks")


def sent(scene: MovingScene, server: Instance) -> tuple[str, str, int]:
    """Where it goes, what is done about its disk, and the generation that it is about."""
    (permit,) = scene.open(server.uuid)
    return permit.host, permit.disk, permit.data_gen


def refused(scene: MovingScene, server: Instance, host: str) -> None:
    """The host cannot have it, and gives it up."""
    failure = Failure("disk-full", "There is no room.")
    scene.say(host, server.uuid, PowerState.NOSTATE, claimed=False, failure=failure)
    scene.move()
    scene.gone(host, server.uuid, claimed=False)
    scene.move()


def test_a_host_of_the_same_pool_finds_the_disk(moving: MovingScene) -> None:
    pools(moving, a="nfs", b="nfs")
    server = on_a(moving)
    moving.later(DEAD, "b")
    moving.evacuate(server.uuid)
    moving.move()
    assert sent(moving, server) == ("b", Disk.KEEP, 1)
    moving.say("b", server.uuid)
    assert moving.migration(server.uuid).reason is None
    assert moving.told(server.uuid)[-1] == ("evacuate", "Success", None)


def test_a_disk_that_is_made_anew_is_told_of_to_the_end(moving: MovingScene) -> None:
    """Sharp edge 33 of contract 10.2."""
    pools(moving, a="own a", b="own b")
    server = on_a(moving)
    moving.later(DEAD, "b")
    moving.evacuate(server.uuid)
    moving.move()
    assert sent(moving, server) == ("b", Disk.CREATE, 1)
    moving.say("b", server.uuid)
    done = moving.migration(server.uuid)
    assert done.status is Status.DONE
    assert done.reason is not None
    assert LOST.format(host="a") in done.reason
    assert ("evacuate", "Success", done.reason) in moving.told(server.uuid)


def test_a_site_may_rather_wait_than_lose_a_disk(moving: MovingScene) -> None:
    moving.local_disks = LocalDisks.REFUSE
    moving.configured()
    pools(moving, a="own a", b="own b")
    server = on_a(moving)
    moving.later(DEAD, "b")
    moving.evacuate(server.uuid)
    moving.move()
    failed = moving.migration(server.uuid)
    assert failed.status is Status.ERROR
    assert failed.reason is not None
    assert "b: the server's disk is on another pool" in failed.reason
    assert sent(moving, server)[0] == "a"


def test_hosts_of_the_same_pool_come_first_whatever_room_others_have(moving: MovingScene) -> None:
    moving.host("c", 8000)
    pools(moving, a="nfs", b="nfs", c="own c")
    server = on_a(moving)
    moving.later(DEAD, "b", "c")
    moving.evacuate(server.uuid)
    moving.move()
    assert sent(moving, server) == ("b", Disk.KEEP, 1)
    refused(moving, server, "b")
    assert sent(moving, server) == ("c", Disk.CREATE, 1)


def test_a_host_without_its_pool_is_no_candidate(moving: MovingScene) -> None:
    """RACES 41."""
    pools(moving, a="nfs", b="")
    server = on_a(moving)
    moving.later(DEAD, "b")
    moving.evacuate(server.uuid)
    moving.move()
    reason = moving.migration(server.uuid).reason
    assert reason is not None
    assert "b: the pool for the disks of its servers is not there" in reason


def test_where_nobody_knows_the_pool_the_disk_has_to_be_there(moving: MovingScene) -> None:
    pools(moving, b="nfs")
    server = on_a(moving)
    moving.later(DEAD, "b")
    moving.evacuate(server.uuid)
    moving.move()
    assert sent(moving, server) == ("b", Disk.KEEP, 1)


def test_after_a_host_of_another_pool_the_disk_is_still_where_it_was(moving: MovingScene) -> None:
    """Whoever reaches the disk after all, or gets it back, is not to make it anew."""
    moving.host("c", 2048)
    pools(moving, a="nfs", b="own b", c="own c")
    server = on_a(moving)
    moving.later(DEAD, "b", "c")
    moving.evacuate(server.uuid)
    moving.move()
    assert sent(moving, server) == ("b", Disk.CREATE, 1)
    pools(moving, c="nfs")
    refused(moving, server, "b")
    assert sent(moving, server) == ("c", Disk.KEEP, 1)
    refused(moving, server, "c")
    assert sent(moving, server) == ("a", Disk.KEEP, 1)
    assert moving.migration(server.uuid).status is Status.FAILED


def test_a_host_gets_a_server_back_without_its_older_disk(moving: MovingScene) -> None:
    """RACES 40: the copy of generation 1 is no disk of a server that ran as generation 2."""
    pools(moving, a="own a", b="own b")
    server = on_a(moving)
    moving.later(DEAD, "b")
    moving.evacuate(server.uuid)
    moving.move()
    moving.say("b", server.uuid)
    moving.later(DEAD, "a")
    moving.evacuate(server.uuid)
    moving.move()
    assert sent(moving, server) == ("a", Disk.CREATE, 2)
    assert LOST.format(host="b") in str(moving.migration(server.uuid).reason)


# --------------------------------------------------------------------------- only somebody's word


@pytest.mark.parametrize(
    ("pool_class", "case"),
    [("nolock", "X1"), ("", "X1"), ("replay", "X2"), ("local", "X4"), ("locks", None)],
)
def test_the_plan_and_the_record_tell_what_only_a_word_protects(
    moving: MovingScene, pool_class: str, case: str | None
) -> None:
    """RACES 8."""
    for name in "ab":
        moving.pool(name, "pool", pool_class)
    server = on_a(moving)
    moving.later(DEAD, "b")
    (planned,) = moving.plan("a")
    assert planned.destination == "b"
    moving.evacuate(server.uuid)
    moving.move()
    moving.say("b", server.uuid)
    done = moving.migration(server.uuid)
    assert done.status is Status.DONE
    assert ("evacuate", "Success", done.reason) in moving.told(server.uuid)
    for said in (planned.warning, done.reason):
        if case is None:
            assert said is None
        else:
            assert said is not None
            assert "Only the word of admin (req-" in said
            assert case in said


def test_a_proof_needs_no_word(moving: MovingScene) -> None:
    pools(moving, a="own", b="own")
    server = on_a(moving)
    moving.later(DEAD, "b")
    moving.fetch("a", record=moving.boot("a"))
    moving.later(DEAD, "b")
    (planned,) = moving.plan("a")
    assert planned.warning is not None, "the proof is about the boot before"
    moving.evacuate(server.uuid)
    moving.boot("a")
    moving.fetch("a")
    moving.move()
    moving.say("b", server.uuid)
    done = moving.migration(server.uuid)
    assert (done.status, done.reason) == (Status.DONE, None)


def test_a_surrender_needs_no_word(moving: MovingScene) -> None:
    moving.pool("a", "pool", "nolock")
    moving.pool("b", "pool", "nolock")
    server = on_a(moving)
    moving.force("a", down=True)
    moving.evacuate(server.uuid)
    moving.move()
    moving.gone("a", server.uuid)
    moving.move()
    moving.say("b", server.uuid)
    done = moving.migration(server.uuid)
    assert (done.status, done.reason) == (Status.DONE, None)


@pytest.mark.parametrize("pool_class", ["nolock", "local", ""])
def test_a_word_may_be_too_little_where_no_lock_stands_behind_it(
    moving: MovingScene, pool_class: str
) -> None:
    """RACES 8 with `word_covers = locks`: it waits until a boot is proven dead."""
    moving.covers = Covers.LOCKS
    moving.configured()
    for name in "ab":
        moving.pool(name, "pool", pool_class)
    server = on_a(moving)
    moving.later(DEAD, "b")
    moving.force("a", down=True)
    moving.evacuate(server.uuid)
    moving.move()
    waiting = moving.migration(server.uuid)
    assert waiting.status is Status.ACCEPTED
    assert "is not enough ([evacuate] word_covers)" in str(waiting.reason)
    assert sent(moving, server)[0] == "a"
    moving.boot("a")
    moving.fetch("a")
    moving.move()
    assert sent(moving, server)[0] == "b"


def test_a_word_that_locks_stand_behind_is_enough(moving: MovingScene) -> None:
    moving.covers = Covers.LOCKS
    moving.configured()
    pools(moving, a="nfs", b="nfs")
    server = on_a(moving)
    moving.later(DEAD, "b")
    moving.evacuate(server.uuid)
    moving.move()
    assert sent(moving, server)[0] == "b"


def test_a_destination_of_which_a_word_is_too_little_keeps_it_and_is_asked_back(
    moving: MovingScene,
) -> None:
    moving.host("c", 2048)
    moving.covers = Covers.LOCKS
    moving.configured()
    pools(moving, a="nfs", b="nfs", c="nfs")
    server = on_a(moving)
    moving.later(DEAD, "b", "c")
    moving.evacuate(server.uuid)
    moving.move()
    moving.pool("b", "nfs", "nolock")
    moving.later(DEAD, "c")
    moving.force("b", down=True)
    for _ in range(2):
        moving.move()
        moving.later(3, "c")
    (permit,) = moving.open(server.uuid)
    assert (permit.host, permit.asked_back) == ("b", True)
    waiting = moving.migration(server.uuid)
    assert (waiting.status, tuple(waiting.tried)) == (Status.PRE_MIGRATING, ("b",))
    assert "is not enough" in str(waiting.reason)
