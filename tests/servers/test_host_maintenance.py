"""PUT /os-hosts/{host}: a host is disabled, or worked on, and what each leaves of the other."""

import pytest
from tests.servers.scene import Scene
from tests.servers.test_host_fault import OFF, ON, journal, put, service

from hostdown.services.host_fault import Switch


@pytest.mark.parametrize("down", [None, True])
def test_maintenance_is_disabled_with_a_reason_and_recovery_suspended(
    scene: Scene, down: bool | None
) -> None:
    scene.host("a")
    after = put(scene, maintenance=ON, down=down)
    assert (after.disabled, after.disabled_reason) == (True, "maintenance")
    assert after.forced_down == bool(down)
    before, became = journal(scene)[-1]
    assert isinstance(before, dict)
    assert isinstance(became, dict)
    assert (before["recovery"], became["recovery"]) == ("active", "suspended")
    after = put(scene, maintenance=OFF)
    assert (after.disabled, after.disabled_reason) == (False, None)
    assert after.forced_down == bool(down)


def test_the_end_of_maintenance_leaves_a_host_that_was_disabled_before(scene: Scene) -> None:
    scene.host("a")
    put(scene, status=OFF)
    put(scene, maintenance=ON)
    assert service(scene).disabled
    put(scene, maintenance=OFF)
    assert (service(scene).disabled, service(scene).disabled_reason) == (True, None)


@pytest.mark.parametrize(
    ("status", "maintenance", "disabled", "reason"),
    [
        (ON, None, False, None),
        (OFF, None, True, None),
        (ON, ON, True, "maintenance"),
        (OFF, ON, True, "maintenance; disabled without a reason"),
        (OFF, OFF, True, None),
        (None, None, False, None),
    ],
)
def test_all_that_is_asked_for_together_is_one_change(
    scene: Scene,
    status: Switch | None,
    maintenance: Switch | None,
    disabled: bool,
    reason: str | None,
) -> None:
    scene.host("a")
    server = scene.running()
    after = put(scene, status, maintenance, down=True)
    assert (after.disabled, after.disabled_reason, after.forced_down) == (disabled, reason, True)
    assert scene.get(server.uuid).vm_state == "stopped"
    assert len(journal(scene)) == 1


@pytest.mark.parametrize("maintenance", [None, OFF])
def test_disabling_during_maintenance_is_for_afterwards(
    scene: Scene, maintenance: Switch | None
) -> None:
    scene.host("a")
    put(scene, maintenance=ON)
    put(scene, OFF, maintenance)
    put(scene, maintenance=OFF)
    assert (service(scene).disabled, service(scene).disabled_reason) == (True, None)


def test_enabling_ends_maintenance_too(scene: Scene) -> None:
    scene.host("a")
    put(scene, maintenance=ON)
    after = put(scene, status=ON)
    assert (after.disabled, after.disabled_reason) == (False, None)
