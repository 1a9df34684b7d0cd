"""How a real Nova behaves where a recovery beside it must know (docs/howto/beside-nova.md)."""

from collections.abc import Iterator

import pytest
from tests.clouds.settings import WAIT_S, NovaSetting
from tests.processes.harness import until
from tools.nova import Nova

from hostdown.domain.cloud_errors import CloudNotCleared

# openstacksdk warns itself of parts of its own that will go.
pytestmark = [
    pytest.mark.nova,
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
]
HOST, *OTHERS = NovaSetting.hosts


@pytest.fixture
def setting(nova: Nova) -> Iterator[NovaSetting]:
    """All hosts are up before and after."""
    made = NovaSetting(nova)
    yield made
    until(lambda: all(each.up for each in made.cloud.services()), WAIT_S)


def status(setting: NovaSetting, server: str) -> str:
    """Of its newest evacuation."""
    found = setting.cloud.evacuations_from(HOST)
    return next(each.status for each in found if each.server == server)


def record(setting: NovaSetting, server: str) -> tuple[str, str, str | None]:
    found = setting.nova.ask("GET", f"/servers/{server}")["server"]
    return found["OS-EXT-SRV-ATTR:host"], found["status"], found["OS-EXT-STS:task_state"]


def lose(setting: NovaSetting) -> None:
    setting.kill(HOST)
    setting.cloud.force_down(HOST)


def let_up(setting: NovaSetting, server: str) -> None:
    until(lambda: status(setting, server) == "completed", WAIT_S)
    setting.cloud.clear_force_down(HOST)


def test_a_server_without_a_place_becomes_an_error_and_can_be_evacuated_again(
    setting: NovaSetting,
) -> None:
    """It is started then, although it was an error."""
    server = setting.make_server("no-place", HOST, {})
    lose(setting)
    for other in OTHERS:
        setting.cloud.force_down(other)
    setting.cloud.evacuate(server)
    until(lambda: status(setting, server) == "error", WAIT_S)
    assert record(setting, server) == (HOST, "ERROR", None)
    for other in OTHERS:
        setting.cloud.clear_force_down(other)
    setting.cloud.evacuate(server)
    until(lambda: status(setting, server) == "done", WAIT_S)
    host, *state = record(setting, server)
    assert host in OTHERS
    assert state == ["ACTIVE", None]
    setting.boot(HOST)
    let_up(setting, server)


def test_a_host_that_never_stopped_does_not_clear_up_before_its_service_starts_anew(
    setting: NovaSetting,
) -> None:
    """It was cut off and is heard again: what it has of the server goes on."""
    server = setting.make_server("cut-off", HOST, {})
    setting.pause(HOST)
    setting.cloud.force_down(HOST)
    setting.cloud.evacuate(server)
    until(lambda: status(setting, server) == "done", WAIT_S)
    heard = last_heard(setting)
    setting.resume(HOST)
    until(lambda: last_heard(setting) != heard, WAIT_S)
    with pytest.raises(CloudNotCleared, match="compute service has been restarted"):
        setting.cloud.clear_force_down(HOST)
    assert status(setting, server) == "done"
    setting.kill(HOST)
    setting.boot(HOST)
    let_up(setting, server)


def last_heard(setting: NovaSetting) -> str:
    """When the host last reported; forcing it down has set the time as well, before."""
    found = setting.nova.ask("GET", f"/os-services?host={HOST}")["services"]
    return str(found[0]["updated_at"])


def test_a_source_that_boots_amid_an_evacuation_completes_it_and_it_is_done_later(
    setting: NovaSetting,
) -> None:
    """So `completed` is not final, and the host must start its service once more."""
    server = setting.make_server("too-soon", HOST, {})
    lose(setting)
    for other in OTHERS:
        setting.pause(other)
    setting.cloud.evacuate(server)
    setting.boot(HOST)
    until(lambda: status(setting, server) == "completed", WAIT_S)
    assert record(setting, server) == (HOST, "REBUILD", "rebuilding")
    for other in OTHERS:
        setting.resume(other)
    until(lambda: status(setting, server) == "done", WAIT_S)
    with pytest.raises(CloudNotCleared):
        setting.cloud.clear_force_down(HOST)
    setting.kill(HOST)
    setting.boot(HOST)
    let_up(setting, server)
