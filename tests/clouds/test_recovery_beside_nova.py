"""Hosts of a real Nova die, and are recovered with nobody typing (docs/howto/beside-nova.md)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.clouds.beside import Beside, beside
from tests.clouds.settings import WAIT_S
from tests.processes.harness import until
from tools.nova import HOSTS, Nova

from hostdown.lab.redfish import Fault

# openstacksdk warns itself of parts of its own that will go.
pytestmark = [
    pytest.mark.nova,
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
]
HOST, *OTHERS = HOSTS
RETURN_S = 120.0
"""A minute after its last power-off was sent a host may be let up."""


@pytest.fixture
def scene(nova: Nova, tmp_path: Path) -> Iterator[Beside]:
    with beside(nova, tmp_path) as found:
        yield found


def test_its_servers_run_elsewhere_and_it_is_let_up_once_it_is_back(scene: Beside) -> None:
    servers = [scene.setting.make_server(f"web{number}", HOST, {}) for number in range(3)]
    kept = scene.setting.make_server("kept", HOST, {"HA_Enabled": "false"})
    machine = scene.machines[HOST]
    machine.crash()
    scene.reaches("done")
    assert not machine.on
    assert scene.forced_down(HOST)
    for server in servers:
        host, status = scene.where(server)
        assert host in OTHERS
        assert status == "ACTIVE"
    assert scene.where(kept)[0] == HOST
    assert scene.asked() == ["force down or let up", *["evacuate"] * 3]
    machine.power_on()
    scene.reaches("returned", RETURN_S)
    assert not scene.forced_down(HOST)
    until(lambda: all(each.up for each in scene.setting.cloud.services()), WAIT_S)
    assert all(scene.where(server)[0] in OTHERS for server in servers)
    assert len(scene.recoveries()) == 1


def test_where_its_bmc_is_dead_it_is_held_and_the_nova_is_asked_for_nothing(scene: Beside) -> None:
    server = scene.setting.make_server("stuck", HOST, {})
    machine = scene.machines[HOST]
    machine.bmc.fault = Fault.DEAD
    machine.crash()
    scene.reaches("held")
    assert scene.recoveries()[0]["Held By"] == "failed"
    assert not scene.forced_down(HOST)
    assert (scene.where(server)[0], scene.asked()) == (HOST, [])
    machine.bmc.fault = Fault.NONE
    machine.power_on()
    scene.reaches("cancelled")
    assert scene.asked() == []


def test_a_server_killed_between_force_down_and_evacuate_goes_on_where_it_was(
    scene: Beside,
) -> None:
    server = scene.setting.make_server("left", HOST, {})
    scene.gate.shut = lambda method, path: "/servers" in path
    scene.machines[HOST].crash()
    until(lambda: scene.forced_down(HOST), WAIT_S)
    scene.server.kill()
    assert (scene.where(server)[0], scene.asked()) == (HOST, ["force down or let up"])
    scene.gate.open()
    scene.server.start()
    scene.reaches("done")
    assert (scene.where(server)[0] in OTHERS, scene.where(server)[1]) == (True, "ACTIVE")
    assert scene.asked() == ["force down or let up", "evacuate"]


def test_a_server_killed_while_the_nova_evacuates_asks_for_nothing_twice(scene: Beside) -> None:
    server = scene.setting.make_server("slow", HOST, {})
    for other in OTHERS:
        scene.setting.pause(other)
    scene.machines[HOST].crash()
    until(lambda: "evacuate" in scene.asked(), WAIT_S)
    scene.server.kill()
    scene.server.start()
    scene.gate.asked.clear()
    until(lambda: sum("/os-migrations" in path for _, path in scene.gate.asked) >= 5, WAIT_S)
    for other in OTHERS:
        scene.setting.resume(other)
    scene.reaches("done")
    assert (scene.where(server)[0] in OTHERS, scene.asked()) == (True, [])
