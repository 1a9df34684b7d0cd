"""Whether the others bear the loss of hosts, and what an answer says."""

import pytest
from tests.servers.moving import on_a
from tests.servers.recovering import HOLD_OFF, RecoveringScene, four_hosts
from tests.servers.scene import ADMIN, FLAVOR, START, WISH

from hostdown.domain.server_groups import GroupPolicy
from hostdown.services import failure_domains, server_groups
from hostdown.services.capacity import SHOWN_MAX, Capacity, capacity, losses
from hostdown.services.recovery_plan import Planning
from hostdown.services.reserves import reserve
from hostdown.services.server_groups import Wanted
from hostdown.storage import Storage

LARGE = FLAVOR._replace(id=2, flavorid="f2", memory_mb=3000)


@pytest.fixture
def scene(store: Storage) -> RecoveringScene:
    return four_hosts(store)


def asked(scene: RecoveringScene, wanted: int | None = 1) -> Capacity:
    planning = Planning(scene.surveyor(), scene.policy, scene.recovery)
    return capacity(scene.storage.cells, planning, wanted, scene.now)


def put(scene: RecoveringScene, host: str, **said: object) -> str:
    wish = WISH._replace(flavor=LARGE, hosts=[host], **said)  # type: ignore[arg-type] # a table of facts
    return scene.running(wish).uuid


def stay(found: Capacity) -> dict[str, list[str]]:
    return {each.loss.name: each.outcome.stay for each in found.cases if each.outcome.stay}


def test_each_host_is_lost_alone(scene: RecoveringScene) -> None:
    for host in ("a", "b", "c"):
        put(scene, host)
    found = asked(scene)
    assert (found.fits, found.tried, found.hosts, found.servers) == (True, 4, 4, 3)
    assert found.meaning == "Each host was lost alone."
    assert [(each.servers, each.memory_mb) for each in found.cases] == [(1, 3000)] * 3 + [(0, 0)]


def test_what_it_says_a_recovery_does(scene: RecoveringScene) -> None:
    """Of two, one finds no room; the other is the more urgent one."""
    for host in ("b", "c", "d"):
        put(scene, host)
    least = put(scene, "a")
    most = put(scene, "a", metadata={"HA_Priority": "5"})
    small = scene.running(WISH._replace(hosts=["a"])).uuid
    scene.host("e", 3200)
    found = asked(scene)
    assert not found.fits
    assert stay(found)["a"] == [least]
    worst = found.cases[0]
    assert (worst.loss.name, worst.servers) == ("a", 3)
    assert worst.outcome.reason == "it has too little memory left (4 hosts)"
    scene.lose("a")
    scene.turn(HOLD_OFF + 1)
    scene.move()
    assert scene.migration(most).dest_host == "e"
    assert scene.migration(least).status == "error"
    assert scene.migration(small).dest_host is not None


def test_who_is_not_brought_back_needs_no_room(scene: RecoveringScene) -> None:
    for host in ("b", "c", "d"):
        put(scene, host)
    put(scene, "a", metadata={"HA_Enabled": "false"})
    put(scene, "a", metadata={"HA_Recovery": "consumer"})
    found = asked(scene)
    assert {each.loss.name: each.servers for each in found.cases}["a"] == 0
    scene.recovery = scene.recovery._replace(ha_default=False)
    assert asked(scene).servers == 0


def test_reserved_hosts_count_and_are_named(scene: RecoveringScene) -> None:
    for host in ("a", "b", "c"):
        put(scene, host)
    put(scene, "a")
    where = scene.storage.cells, scene.storage.directory
    reserve(*where, scene.caller(ADMIN), "d", True, scene.now)
    found = {each.loss.name: each for each in asked(scene).cases}
    assert found["b"].outcome.reserves == ["d"]
    assert len(found["a"].outcome.stay) == 1


def test_hosts_that_are_down_are_neither_lost_nor_room(scene: RecoveringScene) -> None:
    server = on_a(scene)
    for host in ("b", "c", "d"):
        scene.force(host, True)
    found = asked(scene)
    assert (found.hosts, found.tried, stay(found)) == (1, 1, {"a": [server.uuid]})
    scene.force("a", True)
    found = asked(scene)
    assert (found.fits, found.tried, found.servers) == (True, 0, 0)


def test_a_server_that_is_on_its_way_is_not_lost_with_where_it_was(scene: RecoveringScene) -> None:
    server = on_a(scene)
    scene.force("a", True)
    scene.evacuate(server.uuid)
    scene.move()
    assert asked(scene).servers == 0


def test_groups_are_kept(scene: RecoveringScene) -> None:
    directory = scene.storage.directory
    wanted = Wanted("g", "p", GroupPolicy.ANTI_AFFINITY, None)
    group = server_groups.create(directory, ADMIN, wanted, -1, START).uuid
    for host in ("a", "b", "c"):
        scene.running(WISH._replace(hosts=[host], group_uuid=group))
    assert asked(scene).fits
    scene.force("d", True)
    found = asked(scene)
    assert {name for name, left in stay(found).items() if len(left) == 1} == {"a", "b", "c"}
    assert found.cases[0].outcome.reason is not None
    assert "server group's policy" in found.cases[0].outcome.reason


def test_a_failure_domain_is_lost_as_a_whole(scene: RecoveringScene) -> None:
    for host, rack in (("a", "r1"), ("b", "r1"), ("c", "r2"), ("d", "r2")):
        caller = scene.caller(ADMIN)
        failure_domains.label(scene.storage.directory, caller, host, rack, scene.now)
    for host in ("a", "b", "c"):
        put(scene, host)
    assert asked(scene).fits
    found = asked(scene, None)
    assert found.meaning.startswith("Each failure domain was lost")
    assert {each.loss.name: len(each.outcome.stay) for each in found.cases} == {
        "domain r1": 1, "domain r2": 0,
    }  # fmt: skip


WEIGHTS = {"a": 5, "b": 9, "c": 7, "d": 1, "e": 0}
RACKS = {"a": "r1", "b": "r1", "c": "r2", "d": "r2", "e": "r1"}


def test_of_several_hosts_the_fullest_are_lost_of_all_and_of_each_domain() -> None:
    found = losses(2, WEIGHTS, RACKS)
    assert [(each.name, "".join(sorted(each.hosts))) for each in found] == [
        ("the fullest of all", "bc"),
        ("the fullest of domain r1", "ab"),
        ("the fullest of domain r2", "cd"),
    ]
    same = losses(2, WEIGHTS, dict.fromkeys(WEIGHTS, "nova"))
    assert [each.name for each in same] == ["the fullest of all"]


def test_the_answer_says_what_was_not_tried(scene: RecoveringScene) -> None:
    assert "2 hosts were not tried, and may be worse" in asked(scene, 2).meaning


def test_the_worst_are_shown_and_no_more(scene: RecoveringScene) -> None:
    for number in range(SHOWN_MAX):
        scene.host(f"h{number:02}", 600)
    put(scene, "a")
    found = asked(scene)
    assert (found.tried, len(found.cases)) == (4 + SHOWN_MAX, SHOWN_MAX)
    assert found.cases[0].loss.name == "a"
