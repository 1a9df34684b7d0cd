"""Servers join a group when they are made, go where its policy says, and leave at their end."""

from threading import Barrier, Thread

import pytest
from tests.servers.scene import ADMIN, START, WISH, Scene

from hostdown.domain.create_errors import GroupUnknown
from hostdown.domain.instance import Instance
from hostdown.domain.quota_errors import TooManyServersInGroup
from hostdown.domain.quotas import Quotas
from hostdown.domain.server_groups import GroupPolicy
from hostdown.services import server_groups, server_lookup
from hostdown.services.server_groups import Wanted
from hostdown.services.server_wish import Wish

NOBODYS = "99999999-9999-9999-9999-999999999999"


def group(scene: Scene, policy: GroupPolicy, most: int | None = None) -> str:
    wanted = Wanted("g", "p", policy, most)
    return server_groups.create(scene.storage.directory, ADMIN, wanted, -1, START).uuid


def joining(uuid: str) -> Wish:
    return WISH._replace(group_uuid=uuid)


def members(scene: Scene, uuid: str) -> tuple[str, ...]:
    return server_groups.show(scene.storage.directory, uuid).members


def hosts(made: list[Instance]) -> list[str | None]:
    return [each.host for each in made]


@pytest.mark.parametrize(
    ("policy", "most", "each", "at_once"),
    [
        (GroupPolicy.AFFINITY, None, ["a", "a", "a"], ["a", "a", "a"]),
        (GroupPolicy.ANTI_AFFINITY, None, ["a", "b", None], [None, None, None]),
        (GroupPolicy.ANTI_AFFINITY, 2, ["a", "b", "a"], ["a", "b", "a"]),
        (GroupPolicy.SOFT_AFFINITY, None, ["a", "a", "a"], ["a", "a", "a"]),
        (GroupPolicy.SOFT_ANTI_AFFINITY, None, ["a", "b", "a"], ["a", "b", "a"]),
    ],
)
def test_a_policy_holds_for_one_after_another_and_for_all_at_once(
    scene: Scene,
    policy: GroupPolicy,
    most: int | None,
    each: list[str | None],
    at_once: list[str | None],
) -> None:
    scene.host("a")
    scene.host("b")
    single, together = group(scene, policy, most), group(scene, policy, most)
    assert shape([scene.create(1, joining(single))[0] for _ in range(3)]) == each
    assert shape(scene.create(3, joining(together))) == at_once


def test_more_than_a_policy_allows_are_all_in_error_however_few_would_do(scene: Scene) -> None:
    """As with Nova: only a quota makes fewer of them than the most that were asked for."""
    scene.host("a")
    scene.host("b")
    wish = joining(group(scene, GroupPolicy.ANTI_AFFINITY, 2))
    for least in (5, 2):
        made = scene.create(5, wish, least)
        assert hosts(made) == [None] * 5
        faults = {each.fault.message for each in made if each.fault is not None}
        assert all("a: the server group's policy forbids it" in each for each in faults)
        assert len(faults) == 1
    assert hosts(scene.create(4, wish)).count("a") == 2


def shape(made: list[Instance]) -> list[str | None]:
    """Which of them share hosts: the first one's is called "a", the next one "b"."""
    names = list(dict.fromkeys(each.host for each in made if each.host is not None))
    return [None if each.host is None else "ab"[names.index(each.host)] for each in made]


def test_soft_policies_give_way_and_hard_ones_do_not(scene: Scene) -> None:
    scene.host("a", memory_mb=512)
    scene.host("b", memory_mb=512)
    soft, hard = group(scene, GroupPolicy.SOFT_AFFINITY), group(scene, GroupPolicy.AFFINITY)
    assert hosts(scene.create(2, joining(soft))) == ["a", "b"]
    for host in ("c", "d"):
        scene.host(host, memory_mb=512)
    first, second = scene.create(1, joining(hard))[0], scene.create(1, joining(hard))[0]
    assert (first.host, second.host) == ("c", None)
    assert second.fault is not None
    assert "d: the server group's policy forbids it" in second.fault.message


def test_a_forced_host_does_not_break_a_policy(scene: Scene) -> None:
    scene.host("a")
    scene.host("b")
    uuid = group(scene, GroupPolicy.ANTI_AFFINITY)
    forced = joining(uuid)._replace(hosts=["a"], forced=True)
    assert hosts(scene.create(1, forced)) == ["a"]
    assert hosts(scene.create(1, forced)) == [None]


def test_a_server_is_a_member_until_it_is_gone(scene: Scene) -> None:
    scene.host("a")
    uuid = group(scene, GroupPolicy.ANTI_AFFINITY)
    made = scene.running(joining(uuid))
    assert made.group == uuid
    assert members(scene, uuid) == (made.uuid,)
    scene.delete(made.uuid)
    assert members(scene, uuid) == (made.uuid,)
    scene.gone("a", made.uuid)
    for _ in range(2):
        server_lookup.forget(scene.storage.directory, made.uuid)
    assert members(scene, uuid) == ()
    assert hosts(scene.create(1, joining(uuid))) == ["a"]


def test_a_group_that_is_not_there_or_full_takes_nobody(scene: Scene) -> None:
    scene.host("a")
    with pytest.raises(GroupUnknown, match=f"Instance group {NOBODYS} could not be found"):
        scene.create(1, joining(NOBODYS))
    uuid = group(scene, GroupPolicy.AFFINITY)
    scene.quotas = Quotas(server_group_members=2)
    scene.create(1, joining(uuid))
    with pytest.raises(TooManyServersInGroup):
        scene.create(2, joining(uuid))
    assert len(members(scene, uuid)) == 1
    assert scene.cell.read(lambda rows: rows.instances.used())[0].instances == 1
    assert (
        len(scene.storage.directory.read(lambda rows: rows.instance_mappings.of_project("p"))) == 1
    )


def test_servers_made_at_the_same_moment_do_not_meet(scene: Scene) -> None:
    names = [f"h{n}" for n in range(6)]
    for name in names:
        scene.host(name)
    uuid = group(scene, GroupPolicy.ANTI_AFFINITY)
    barrier, made = Barrier(8), []

    def make() -> None:
        barrier.wait(timeout=30)
        made.extend(scene.create(1, joining(uuid)))

    threads = [Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(each.host or "" for each in made) == ["", "", *names]
    assert len(members(scene, uuid)) == 8
