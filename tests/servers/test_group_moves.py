"""Server groups whose members move (contract 5.6, 10.2 edges 37 to 39)."""

from collections import Counter

import pytest
from tests.servers.moving import DEAD, MovingScene, on_a
from tests.servers.scene import ADMIN, START, WISH

from hostdown.domain.assignment import Failure, PowerState
from hostdown.domain.instance import Instance
from hostdown.domain.migration import Status
from hostdown.domain.server_groups import GroupPolicy
from hostdown.services import server_groups
from hostdown.services.rooms import Limits
from hostdown.services.server_groups import Wanted

SIZE_MB = WISH.flavor.memory_mb


def group(scene: MovingScene, policy: GroupPolicy, most: int | None = None) -> str:
    wanted = Wanted("g", "p", policy, most)
    return server_groups.create(scene.storage.directory, ADMIN, wanted, -1, START).uuid


def members(scene: MovingScene, uuid: str, *hosts: str) -> list[Instance]:
    """One on each of these hosts, which are forced."""
    made = []
    for host in hosts:
        wish = WISH._replace(group_uuid=uuid, hosts=[host])
        made.append(scene.running(wish))
        assert made[-1].host == host
    return made


def where(scene: MovingScene, servers: list[Instance]) -> list[str]:
    """The hosts that may run them."""
    return [scene.open(each.uuid)[0].host for each in servers]


def arrive(scene: MovingScene, servers: list[Instance]) -> None:
    for each in servers:
        for permit in scene.open(each.uuid):
            scene.say(permit.host, each.uuid)


def limited(scene: MovingScene, at_once: int, per_destination: int) -> None:
    scene.limits = Limits(at_once, per_destination)
    scene.configured()


@pytest.mark.parametrize("limits", [(32, 4), (1, 1), (2, 1)])
@pytest.mark.parametrize("most", [1, 2])
def test_bug_1735407_members_that_move_at_once_do_not_meet(
    moving: MovingScene, most: int, limits: tuple[int, int]
) -> None:
    uuid = group(moving, GroupPolicy.ANTI_AFFINITY, most)
    others = [f"h{n}" for n in range(4)]
    for name in others:
        moving.host(name, 3 * SIZE_MB)
    limited(moving, *limits)
    dead = ["a", "b"]
    servers = members(moving, uuid, *dead * most, others[0])
    moving.later(DEAD, *others)
    for host in dead:
        moving.evacuate_host(host)
    for _ in range(2 * len(servers)):
        moving.move()
        arrive(moving, servers)
        moving.later(1, *others)
    count = Counter(where(moving, servers))
    assert set(count) <= set(others)
    assert max(count.values()) <= most


def test_a_member_that_finds_no_host_of_its_own_stays_what_it_was(moving: MovingScene) -> None:
    """Edge 37: it is not in error."""
    uuid = group(moving, GroupPolicy.ANTI_AFFINITY)
    first, second = members(moving, uuid, "a", "b")
    moving.later(DEAD, "b")
    moving.evacuate(first.uuid)
    moving.move()
    seen = moving.get(first.uuid)
    assert (seen.vm_state, seen.task_state, seen.host) == ("active", None, "a")
    assert seen.fault is not None
    assert "b: the server group's policy forbids it" in seen.fault.message
    assert where(moving, [first, second]) == ["a", "b"]


def test_a_destination_that_may_still_have_a_member_is_no_place_for_another(
    moving: MovingScene,
) -> None:
    moving.host("c", 2048)
    uuid = group(moving, GroupPolicy.ANTI_AFFINITY)
    first, second = members(moving, uuid, "a", "c")
    moving.later(DEAD, "b", "c")
    moving.evacuate(first.uuid)
    moving.move()
    assert where(moving, [first]) == ["b"]
    moving.later(DEAD, "b")
    failure = Failure("disk-full", "There is no room.")
    moving.say("b", first.uuid, PowerState.NOSTATE, claimed=False, failure=failure)
    moving.evacuate(second.uuid)
    moving.move()
    assert where(moving, [second]) == ["c"]
    assert moving.migration(second.uuid).status is Status.ERROR


def test_an_affinity_group_moves_as_a_unit_to_a_host_with_room_for_all(
    moving: MovingScene,
) -> None:
    """Edges 38 and 39: also where another host would be best for one, as it has the disk."""
    uuid = group(moving, GroupPolicy.AFFINITY)
    servers = members(moving, uuid, "a", "a", "a")
    moving.pool("a", "nfs")
    moving.host("c", 3 * SIZE_MB)
    moving.pool("b", "nfs")
    moving.pool("c", "own")
    for _ in range(6):
        moving.create(1, WISH._replace(hosts=["b"]))
    moving.later(DEAD, "b", "c")
    for each in servers:
        moving.evacuate(each.uuid)
        moving.move()
    assert where(moving, servers) == ["c", "c", "c"]


def test_an_affinity_group_that_fits_nowhere_stays_together(moving: MovingScene) -> None:
    uuid = group(moving, GroupPolicy.AFFINITY)
    servers = members(moving, uuid, *["a"] * 9)
    moving.later(DEAD, "b")
    moving.evacuate_host("a")
    moving.move()
    assert set(where(moving, servers)) == {"a"}
    assert "b: it has no room for all servers of the group" in str(
        moving.migration(servers[0].uuid).reason
    )


def test_a_lone_server_of_an_affinity_group_moves(moving: MovingScene) -> None:
    (server,) = members(moving, group(moving, GroupPolicy.AFFINITY), "a")
    moving.later(DEAD, "b")
    moving.evacuate(server.uuid)
    moving.move()
    assert where(moving, [server]) == ["b"]


def test_the_room_for_those_that_follow_is_kept_for_them(moving: MovingScene) -> None:
    """A server that comes between them does not take it, in the plan and in the move."""
    moving.host("c", 3 * SIZE_MB)
    uuid = group(moving, GroupPolicy.AFFINITY)
    (first,) = members(moving, uuid, "a")
    stranger = on_a(moving)
    followers = members(moving, uuid, "a", "a")
    for _ in range(6):
        moving.create(1, WISH._replace(hosts=["b"]))
    moving.later(DEAD, "b", "c")
    planned = {each.instance.uuid: each.destination for each in moving.plan("a")}
    moving.evacuate_host("a")
    moving.move()
    together = [first, *followers]
    assert where(moving, together) == ["c", "c", "c"]
    assert where(moving, [stranger]) == ["b"]
    assert [planned[each.uuid] for each in together] == ["c", "c", "c"]
    assert planned[stranger.uuid] == "b"


def test_the_room_is_kept_while_those_that_follow_wait_their_turn(moving: MovingScene) -> None:
    """Neither a new server nor one that moves later takes it."""
    moving.host("c", 5 * SIZE_MB)
    uuid = group(moving, GroupPolicy.AFFINITY)
    for _ in range(6):
        moving.create(1, WISH._replace(hosts=["b"]))
    together = members(moving, uuid, *["a"] * 5)
    stranger = on_a(moving)
    limited(moving, 32, 2)
    moving.later(DEAD, "b", "c")
    for each in together:
        moving.evacuate(each.uuid)
    moving.move()
    sent = [each for each in together if moving.open(each.uuid)]
    assert where(moving, sent) == ["c", "c"]
    (new,) = moving.create(1, WISH._replace(hosts=["c"]))
    assert new.vm_state == "error"
    assert "c: it has too little memory left" in str(new.fault)
    moving.evacuate(stranger.uuid)
    for _ in range(3):
        moving.move()
        arrive(moving, together)
        moving.later(1, "b", "c")
    assert where(moving, together) == ["c"] * 5
    assert where(moving, [stranger]) == ["b"]


def test_a_unit_chooses_again_where_its_host_dies(moving: MovingScene) -> None:
    moving.host("c", 3 * SIZE_MB)
    uuid = group(moving, GroupPolicy.AFFINITY)
    servers = members(moving, uuid, "a", "a")
    moving.later(DEAD, "b", "c")
    moving.evacuate_host("a")
    moving.move()
    assert where(moving, servers) == ["b", "b"]
    moving.later(DEAD, "c")
    moving.force("b", down=True)
    for _ in range(3):
        moving.move()
        moving.later(3, "c")
    assert where(moving, servers) == ["c", "c"]


def test_a_unit_chooses_again_where_its_host_refuses_it(moving: MovingScene) -> None:
    """Whoever is refused first waits until the others were, too."""
    moving.host("c", 3 * SIZE_MB)
    uuid = group(moving, GroupPolicy.AFFINITY)
    servers = members(moving, uuid, "a", "a")
    moving.later(DEAD, "b", "c")
    moving.evacuate_host("a")
    moving.move()
    failure = Failure("disk-full", "There is no room.")
    for each in servers:
        moving.say("b", each.uuid, PowerState.NOSTATE, claimed=False, failure=failure)
        moving.gone("b", each.uuid, claimed=False)
        moving.move()
        moving.later(1, "b", "c")
    moving.move()
    assert where(moving, servers) == ["c", "c"]


@pytest.mark.parametrize(
    ("policy", "best"), [(GroupPolicy.SOFT_AFFINITY, "c"), (GroupPolicy.SOFT_ANTI_AFFINITY, "b")]
)
def test_soft_policies_are_wishes(moving: MovingScene, policy: GroupPolicy, best: str) -> None:
    moving.host("c", 2 * SIZE_MB)
    uuid = group(moving, policy)
    servers = members(moving, uuid, "a", "c", "a")
    moving.later(DEAD, "b", "c")
    moving.evacuate(servers[0].uuid)
    moving.move()
    assert where(moving, servers[:1]) == [best]
    moving.evacuate(servers[2].uuid)
    moving.move()
    assert where(moving, servers[2:]) == ["b"], "where there is room"


def test_bug_1890244_a_group_that_was_deleted_binds_nobody(moving: MovingScene) -> None:
    uuid = group(moving, GroupPolicy.ANTI_AFFINITY)
    first, second = members(moving, uuid, "a", "b")
    server_groups.delete(moving.storage.directory, ADMIN, uuid, START)
    moving.later(DEAD, "b")
    moving.evacuate(first.uuid)
    moving.move()
    assert where(moving, [first, second]) == ["b", "b"]


def test_bugs_1702454_and_1815153_the_host_asked_for_or_none(moving: MovingScene) -> None:
    """Also when it is asked for with a group, or after another host was tried."""
    server = on_a(moving)
    moving.host("c", 8192)
    moving.later(DEAD, "b", "c")
    moving.evacuate(server.uuid, "b")
    moving.move()
    assert where(moving, [server]) == ["b"]
    failure = Failure("disk-full", "There is no room.")
    moving.say("b", server.uuid, PowerState.NOSTATE, claimed=False, failure=failure)
    moving.gone("b", server.uuid, claimed=False)
    moving.move()
    assert where(moving, [server]) == ["a"]
    assert moving.migration(server.uuid).status is Status.FAILED


def test_bug_1669054_two_hosts_are_enough_to_go_and_come_back(moving: MovingScene) -> None:
    server = on_a(moving)
    for source, destination in (("a", "b"), ("b", "a"), ("a", "b")):
        moving.later(DEAD, destination)
        moving.evacuate(server.uuid)
        moving.move()
        assert where(moving, [server]) == [destination]
        moving.say(destination, server.uuid)
        assert source != moving.get(server.uuid).host
