"""What a plan says of a host, and that a recovery does it."""

from datetime import timedelta

import pytest
from tests.servers.moving import on_a
from tests.servers.recovering import HOLD_OFF, RecoveringScene, four_hosts
from tests.servers.scene import ADMIN, FLAVOR, START, WISH

from hostdown.domain.disarming import Disarming, Scope, Where
from hostdown.domain.errors import HostNotMapped
from hostdown.domain.fence_checks import FenceCheck, LevelSeen
from hostdown.domain.rehearsal import NO_LEVEL, UNKNOWN_POOL
from hostdown.domain.server_groups import GroupPolicy
from hostdown.services import compute_services, failure_domains, server_groups
from hostdown.services.fence_ports import FenceLevel
from hostdown.services.recovery_plan import Plan, Planning, plan
from hostdown.services.reserves import reserve
from hostdown.services.server_groups import Wanted
from hostdown.storage import Storage


@pytest.fixture
def scene(store: Storage) -> RecoveringScene:
    return four_hosts(store)


def planned(scene: RecoveringScene, host: str = "a") -> Plan:
    planning = Planning(scene.surveyor(), scene.policy, scene.recovery)
    return plan(scene.storage.cells, planning, scene.paths, host, scene.now)


def urgent(scene: RecoveringScene, priority: int, **said: str) -> str:
    metadata = {"HA_Priority": str(priority), **said}
    return scene.running(WISH._replace(metadata=metadata, hosts=["a"])).uuid


def test_what_is_planned_is_done(scene: RecoveringScene) -> None:
    large = FLAVOR._replace(id=2, flavorid="f2", memory_mb=2500)
    for number in range(3):
        wish = WISH._replace(flavor=large, metadata={"HA_Priority": str(number)}, hosts=["a"])
        scene.running(wish)
    before = planned(scene)
    assert before.nothing is None
    assert before.held is None
    assert (before.host, before.domain, before.hold_off) == ("a", "nova", scene.recovery.hold_off)
    assert [each.priority for each in before.servers] == [2, 1, 0]
    assert scene.all() == []
    scene.lose("a")
    scene.turn(HOLD_OFF + 1)
    scene.move()
    done = {
        each.instance.uuid: scene.migration(each.instance.uuid).dest_host for each in before.servers
    }
    assert {each.instance.uuid: each.destination for each in before.servers} == done


def test_who_stays_says_why(scene: RecoveringScene) -> None:
    standby = urgent(scene, 3, HA_Recovery="consumer")
    off = urgent(scene, 2, HA_Enabled="false")
    goes = urgent(scene, 1)
    found = {each.instance.uuid: each for each in planned(scene).servers}
    assert "HA_Recovery = consumer" in str(found[standby].error)
    assert "HA_Enabled = false" in str(found[off].error)
    assert (found[goes].error, found[goes].destination) == (None, "b")


def test_one_without_room_says_so_and_a_reserved_host_is_named(scene: RecoveringScene) -> None:
    server = on_a(scene)
    for host in ("b", "c", "d"):
        where = scene.storage.cells, scene.storage.directory
        reserve(*where, scene.caller(ADMIN), host, True, scene.now)
    (only,) = planned(scene).servers
    assert (only.instance.uuid, only.destination) == (server.uuid, "b")
    assert "Host b, which is reserved, is taken into use" in str(only.warning)
    for host in ("b", "c", "d"):
        scene.force(host, True)
    (only,) = planned(scene).servers
    assert only.destination is None
    assert "it is down" in str(only.error)


def test_levels_come_in_order_with_what_the_last_check_saw(scene: RecoveringScene) -> None:
    scene.paths.levels["a"].append(FenceLevel(2, "watchdog", None, None))
    assert [(each.driver, each.checked_at) for each in planned(scene).levels] == [
        ("fake", None), ("watchdog", None),
    ]  # fmt: skip
    seen = (LevelSeen(1, "fake", "on", None), LevelSeen(2, "other", None, "broken"))
    check = FenceCheck("a", scene.now, 1, scene.now, seen, None)
    scene.cell.write(lambda rows: rows.fence_checks.put(check))
    first, second = planned(scene).levels
    assert (first.checked_at, first.power, first.problem) == (scene.now, "on", None)
    assert (second.checked_at, second.problem) == (None, None)


def test_a_host_that_the_file_forgets_is_told(scene: RecoveringScene) -> None:
    del scene.paths.levels["a"]
    found = planned(scene)
    assert found.levels == []
    assert "No rule" in str(found.no_levels)
    assert found.warnings == [NO_LEVEL, UNKNOWN_POOL]


def test_the_gate_is_asked_as_if_the_host_were_silent(scene: RecoveringScene) -> None:
    assert planned(scene).held is None
    scene.lose("b", "c")
    assert "only 1 are heard" in str(planned(scene).held)
    scene.heard("c")
    assert planned(scene).held is None
    scene.turn(HOLD_OFF + 1)
    assert "of domain nova were fenced" in str(planned(scene).held)
    failure_domains.label(scene.storage.directory, scene.caller(ADMIN), "a", "rack1", scene.now)
    found = planned(scene)
    assert (found.domain, found.held) == ("rack1", None)


def test_where_nothing_would_be_done_it_says_why(scene: RecoveringScene) -> None:
    where = scene.storage.cells, scene.storage.directory
    wanted = compute_services.Wanted(disabled=True, disabled_reason="maintenance")
    compute_services.update_on_host(
        *where, scene.caller(ADMIN), "a", "nova-compute", wanted, scene.now
    )
    assert "It is in maintenance" in str(planned(scene, "a").nothing)
    scene.force("b", True)
    assert "forced it down" in str(planned(scene, "b").nothing)
    scene.lose("c")
    scene.turn(0.1)
    assert "Recovery 1 has begun already" in str(planned(scene, "c").nothing)
    everything = Disarming(
        Where(Scope.ALL, ""), "a new switch", None, scene.now, "admin", "a", "req-1"
    )
    scene.cell.write(lambda rows: rows.disarmings.put(everything))
    assert "a new switch" in str(planned(scene, "d").nothing)
    scene.recovery = scene.recovery._replace(enabled=False, hold_off=timedelta())
    assert "enabled = false" in str(planned(scene, "d").nothing)


def test_nobody_s_host_has_no_plan(scene: RecoveringScene) -> None:
    with pytest.raises(HostNotMapped):
        planned(scene, "nobody")


def test_members_of_a_group_that_fail_with_it_move_as_one(scene: RecoveringScene) -> None:
    """As if the host were down: what is on it is nowhere, and holds nobody there."""
    large = FLAVOR._replace(id=2, flavorid="f2", memory_mb=2500)
    group = server_groups.create(
        scene.storage.directory, ADMIN, Wanted("g", "p", GroupPolicy.AFFINITY, None), -1, START
    )
    scene.host("e", 6000)
    for _ in range(2):
        scene.running(WISH._replace(flavor=large, group_uuid=group.uuid, hosts=["a"]))
    assert [each.destination for each in planned(scene).servers] == ["e", "e"]
