"""What every Cloud does, whoever the Controller is."""

import pytest
from tests.clouds.settings import WAIT_S, Setting
from tests.processes.harness import until

from hostdown.domain.cloud_errors import CloudFailed, CloudNotCleared
from hostdown.services.cloud_ports import Cloud, CloudService

# openstacksdk warns itself of parts of its own that will go.
pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
NOWHERE = "nowhere"
NO_SERVER = "00000000-0000-4000-8000-000000000000"


def service(cloud: Cloud, host: str) -> CloudService:
    (found,) = [each for each in cloud.services() if each.host == host]
    return found


def ids(cloud: Cloud, host: str) -> set[str]:
    return {each.id for each in cloud.servers_on(host)}


def statuses(cloud: Cloud, host: str, *servers: str) -> set[str]:
    return {each.status for each in cloud.evacuations_from(host) if each.server in servers}


def test_it_tells_of_the_service_of_every_host(setting: Setting) -> None:
    found = setting.cloud.services()
    assert {each.host for each in found} == set(setting.hosts)
    assert {each[2:] for each in found} == {(True, False, False)}
    assert len({each.id for each in found}) == len(setting.hosts)


def test_it_tells_of_a_server_what_a_recovery_needs(setting: Setting) -> None:
    server = setting.make_server("told", setting.hosts[1], {"HA_Priority": "7"})
    (found,) = [each for each in setting.cloud.servers_on(setting.hosts[1]) if each.id == server]
    assert found == (server, {"HA_Priority": "7"}, "active", None)


def test_forcing_down_and_letting_up_can_be_repeated(setting: Setting) -> None:
    host = setting.hosts[2]
    for down, change in ((True, setting.cloud.force_down), (False, setting.cloud.clear_force_down)):
        change(host)
        change(host)
        assert service(setting.cloud, host).forced_down is down
    until(lambda: service(setting.cloud, host).up, WAIT_S)


def test_a_host_that_nobody_knows_has_no_servers_and_is_not_forced_down(setting: Setting) -> None:
    assert list(setting.cloud.servers_on(NOWHERE)) == []
    assert list(setting.cloud.evacuations_from(NOWHERE)) == []
    for change in (setting.cloud.force_down, setting.cloud.clear_force_down):
        with pytest.raises(CloudFailed, match=NOWHERE) as caught:
            change(NOWHERE)
        assert not caught.value.retry


def test_a_server_that_nobody_knows_is_not_evacuated(setting: Setting) -> None:
    with pytest.raises(CloudFailed, match=NO_SERVER) as caught:
        setting.cloud.evacuate(NO_SERVER)
    assert not caught.value.retry


def test_a_server_of_a_host_that_is_up_is_not_evacuated(setting: Setting) -> None:
    server = setting.make_server("stays", setting.hosts[1], {})
    with pytest.raises(CloudFailed, match=setting.hosts[1]) as caught:
        setting.cloud.evacuate(server)
    assert not caught.value.retry
    assert server in ids(setting.cloud, setting.hosts[1])


def test_a_dead_host_is_recovered_and_returns_once_it_has_cleared_up(setting: Setting) -> None:
    cloud, host = setting.cloud, setting.hosts[0]
    servers = {setting.make_server(name, host, {}) for name in ("one", "two")}
    setting.kill(host)
    cloud.force_down(host)
    assert service(cloud, host)[2:] == (False, False, True)
    assert servers <= ids(cloud, host)
    for server in servers:
        cloud.evacuate(server)
    until(lambda: statuses(cloud, host, *servers) == {"done"}, WAIT_S)
    assert not servers & ids(cloud, host)
    moved = [each for other in setting.hosts[1:] for each in cloud.servers_on(other)]
    found = {each.id: (each.vm_state, each.task_state) for each in moved if each.id in servers}
    assert found == dict.fromkeys(servers, ("active", None))
    destinations = {each.destination for each in cloud.evacuations_from(host)}
    assert destinations <= set(setting.hosts[1:])
    with pytest.raises(CloudNotCleared) as caught:
        cloud.clear_force_down(host)
    assert caught.value.retry
    setting.boot(host)
    until(lambda: statuses(cloud, host, *servers) == {"completed"}, WAIT_S)
    cloud.clear_force_down(host)
    until(lambda: service(cloud, host)[2:] == (True, False, False), WAIT_S)
    assert not servers & ids(cloud, host)


def test_while_an_evacuation_goes_on_there_is_no_second_and_its_host_stays_down(
    setting: Setting,
) -> None:
    cloud, (host, *others) = setting.cloud, setting.hosts
    server = setting.make_server("slow", host, {})
    setting.kill(host)
    cloud.force_down(host)
    for other in others:
        setting.pause(other)
    cloud.evacuate(server)
    with pytest.raises(CloudFailed, match=server) as caught:
        cloud.evacuate(server)
    assert caught.value.retry
    with pytest.raises(CloudNotCleared) as held:
        cloud.clear_force_down(host)
    assert held.value.retry
    for other in others:
        setting.resume(other)
    until(lambda: statuses(cloud, host, server) == {"done"}, WAIT_S)
    setting.boot(host)
    until(lambda: statuses(cloud, host, server) == {"completed"}, WAIT_S)
    cloud.clear_force_down(host)
    until(lambda: service(cloud, host).up, WAIT_S)
