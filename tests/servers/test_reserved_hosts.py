"""Hosts that are kept empty for recoveries, and when they are taken into use."""

import pytest
from tests.servers.moving import on_a
from tests.servers.recovering import HOLD_OFF, RecoveringScene, four_hosts
from tests.servers.scene import ADMIN, FLAVOR, WISH

from hostdown.domain.errors import HostNotMapped
from hostdown.domain.instance import Instance
from hostdown.domain.reserve_errors import HostIsDisabled, HostNotEmpty
from hostdown.domain.reserves import is_reserved
from hostdown.services import compute_services
from hostdown.services.reserves import reserve
from hostdown.storage import Storage

LARGE = WISH._replace(flavor=FLAVOR._replace(id=2, flavorid="f2", memory_mb=3000))


@pytest.fixture
def scene(store: Storage) -> RecoveringScene:
    return four_hosts(store)


def keep(scene: RecoveringScene, host: str, on: bool = True) -> None:
    where = scene.storage.cells, scene.storage.directory
    reserve(*where, scene.caller(ADMIN), host, on, scene.now)


def reserved(scene: RecoveringScene, host: str) -> bool:
    return is_reserved(scene.service(host))


def failed(scene: RecoveringScene, *hosts: str) -> None:
    scene.lose(*hosts)
    scene.turn(HOLD_OFF + 2)
    scene.move()


def destination(scene: RecoveringScene, server: Instance) -> str | None:
    return scene.migration(server.uuid).dest_host


def test_nothing_new_is_placed_there(scene: RecoveringScene) -> None:
    keep(scene, "a")  # it has most room
    assert scene.running().host != "a"
    keep(scene, "a", on=False)
    assert scene.running().host == "a"


def test_a_recovery_takes_it_only_where_no_other_host_has_room(scene: RecoveringScene) -> None:
    servers = [on_a(scene), scene.running(LARGE), scene.running(LARGE)]
    assert {each.host for each in servers} == {"a"}
    keep(scene, "d")
    failed(scene, "a")
    assert {destination(scene, each) for each in servers} == {"b", "c"}
    assert reserved(scene, "d")
    assert not any("is taken into use" in each for each in scene.timeline())


def test_it_is_then_a_host_like_others_and_the_recovery_tells(scene: RecoveringScene) -> None:
    large = [scene.running(LARGE) for _ in range(3)]
    assert [each.host for each in large] == ["a", "a", "b"]
    keep(scene, "c")
    keep(scene, "d")
    failed(scene, "a")
    assert {destination(scene, each) for each in large[:2]} == {"c", "d"}
    for host in ("c", "d"):
        assert not scene.service(host).disabled
        history = scene.cell.read(lambda rows, host=host: rows.journal.history(host, 1))  # type: ignore[misc] # a lambda's default
        assert history[0].caller.user_name == "recovery"
        assert history[0].before == {"disabled": True, "disabled_reason": "reserved"}
    told = [each for each in scene.timeline() if "is taken into use" in each]
    assert len(told) == 2


def test_one_that_is_taken_takes_more(scene: RecoveringScene) -> None:
    small = [scene.running() for _ in range(3)]
    assert {each.host for each in small} == {"a"}
    for host in ("b", "c", "d"):
        keep(scene, host)
    failed(scene, "a")
    used = {destination(scene, each) for each in small}
    assert len(used) == 1
    assert sum(reserved(scene, host) for host in ("b", "c", "d")) == 2


def test_an_operator_s_evacuation_leaves_it_alone(scene: RecoveringScene) -> None:
    server = on_a(scene)
    for host in ("b", "c", "d"):
        keep(scene, host)
    scene.force("a", True)
    scene.evacuate(server.uuid)
    scene.move()
    assert scene.migration(server.uuid).status == "error"
    assert all(reserved(scene, host) for host in ("b", "c", "d"))


def test_one_that_is_down_is_no_refuge(scene: RecoveringScene) -> None:
    server = on_a(scene)
    for host in ("b", "c", "d"):
        keep(scene, host)
    scene.force("b", True)
    failed(scene, "a")
    assert destination(scene, server) in ("c", "d")


def test_only_an_empty_host_is_reserved(scene: RecoveringScene) -> None:
    server = on_a(scene)
    with pytest.raises(HostNotEmpty, match="Host a has servers"):
        keep(scene, "a")
    keep(scene, "a", on=False)
    scene.force("a", True)
    scene.evacuate(server.uuid, "b")
    with pytest.raises(HostNotEmpty):
        keep(scene, "b")
    with pytest.raises(HostNotMapped):
        keep(scene, "nobody")


def test_why_a_host_is_disabled_is_not_lost(scene: RecoveringScene) -> None:
    where = scene.storage.cells, scene.storage.directory
    wanted = compute_services.Wanted(disabled=True, disabled_reason="broken fan")
    compute_services.update_on_host(
        *where, scene.caller(ADMIN), "d", "nova-compute", wanted, scene.now
    )
    with pytest.raises(HostIsDisabled, match="disabled \\(broken fan\\)"):
        keep(scene, "d")
    keep(scene, "d", on=False)
    assert scene.service("d").disabled_reason == "broken fan"


def test_twice_is_once(scene: RecoveringScene) -> None:
    keep(scene, "d")
    keep(scene, "d")
    history = scene.cell.read(lambda rows: rows.journal.history("d", 10))
    assert len(history) == 1
    assert (history[0].event_type, history[0].caller.user_name) == ("service.update", "admin")
