"""Hosts of a real Nova die, and are recovered with nobody typing (docs/howto/beside-nova.md)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.clouds.beside import Beside, beside
from tests.clouds.settings import WAIT_S
from tests.clouds.transcript import check, of_nova
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


def test_a_whole_recovery_is_as_the_page_shows_it(scene: Beside) -> None:
    """With nobody typing but to look."""
    machine, cloud = scene.machines[HOST], scene.setting.cloud
    events = {
        "nothing runs on fake1 any more, and its power is on": machine.crash,
        "the recovery is done": lambda: scene.reaches("done"),
        "fake1 is switched on": machine.power_on,
        "the recovery is over": lambda: scene.reaches("returned", RETURN_S),
        "fake1 is heard": lambda: until(lambda: all(it.up for it in cloud.services()), WAIT_S),
    }
    check("recovery", events, {"openstack": of_nova(scene.nova), "hostdown": scene.environ})
    assert not scene.forced_down(HOST)
    assert len(scene.recoveries()) == 1


def test_its_servers_run_elsewhere_but_those_that_shall_not(scene: Beside) -> None:
    servers = [scene.setting.make_server(f"many{number}", HOST, {}) for number in range(5)]
    kept = scene.setting.make_server("kept", HOST, {"HA_Enabled": "false"})
    scene.machines[HOST].crash()
    scene.reaches("done")
    assert not scene.machines[HOST].on
    assert scene.forced_down(HOST)
    for server in servers:
        host, status = scene.where(server)
        assert host in OTHERS
        assert status == "ACTIVE"
    assert [scene.evacuations(server) for server in servers] == [1] * len(servers)
    assert (scene.where(kept)[0], scene.evacuations(kept)) == (HOST, 0)


def test_where_its_bmc_is_dead_it_is_held_and_the_nova_is_asked_for_nothing(scene: Beside) -> None:
    server = scene.setting.make_server("stuck", HOST, {})
    machine = scene.machines[HOST]
    machine.bmc.fault = Fault.DEAD
    machine.crash()
    scene.reaches("held")
    assert scene.recoveries()[0]["held"] == "failed"
    assert not scene.forced_down(HOST)
    assert (scene.where(server)[0], scene.changes()) == (HOST, 0)
    machine.bmc.fault = Fault.NONE
    machine.power_on()
    scene.reaches("cancelled")
    assert scene.changes() == 0


def test_a_server_killed_between_force_down_and_evacuate_goes_on_where_it_was(
    scene: Beside,
) -> None:
    server = scene.setting.make_server("left", HOST, {})
    scene.gate.shut = lambda method, path: "/servers" in path
    scene.machines[HOST].crash()
    until(lambda: scene.forced_down(HOST), WAIT_S)
    scene.server.kill()
    assert (scene.where(server)[0], scene.changes()) == (HOST, 1)
    scene.gate.open()
    scene.server.start()
    scene.reaches("done")
    host, status = scene.where(server)
    assert host in OTHERS
    assert (status, scene.evacuations(server)) == ("ACTIVE", 1)


def test_a_server_killed_while_the_nova_evacuates_asks_for_nothing_twice(scene: Beside) -> None:
    server = scene.setting.make_server("slow", HOST, {})
    for other in OTHERS:
        scene.setting.pause(other)
    scene.machines[HOST].crash()
    until(lambda: scene.evacuations(server), WAIT_S)
    scene.server.kill()
    scene.gate.asked.clear()
    scene.server.start()
    until(lambda: sum("/os-migrations" in path for _, path in scene.gate.asked) >= 5, WAIT_S)
    for other in OTHERS:
        scene.setting.resume(other)
    scene.reaches("done")
    assert (scene.where(server)[0] in OTHERS, scene.evacuations(server)) == (True, 0)
