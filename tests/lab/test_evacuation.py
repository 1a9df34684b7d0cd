"""The documents' flow on real hosts: fenced, forced down, evacuated, back, cleared.

By curl's requests at the versions that the documents use, by the nova command, and by ours.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from tests.e2e.conftest import programs
from tests.guests.disk import Count, count, counted, twin_seen
from tests.lab.bench import Bench, until_true
from tests.lab.setting import NOT_FOUND, Setting

_STARTS = ("--os-compute-api-version", "2.94")
"""The last version at which a server runs on its new host; the command speaks a newer one."""
OTHER = {"lab1": "lab2", "lab2": "lab1"}


class Flow(Setting):
    """One server, moved from the host that dies to the other one."""

    def type(self, *words: str) -> str:
        """A command of a stock client, or ours, with the lab's credentials."""
        openrc = str(self.lab.directory / "server" / "openrc")
        sourced = ["sh", "-c", '. "$0" && exec "$@"', openrc, *words]
        done = subprocess.run(sourced, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def ours(self, *words: str) -> str:
        return self.type(sys.executable, "-m", "hostdown", *words)

    def fence(self) -> Count:
        """The power button; what the guest had counted then."""
        self.lab.type("power", "off", self.host)
        return count(self.disk(self.uuid))

    def is_on(self, host: str) -> None:
        until_true(lambda: self.shown()["OS-EXT-SRV-ATTR:host"] == host)
        assert self.shown()["status"] == "ACTIVE"

    def status_of_migration(self) -> str:
        found = self.admin.ask("GET", f"/v2.1/os-migrations?instance_uuid={self.uuid}")
        return str(found["migrations"][-1]["status"])

    def actions(self) -> list[str]:
        path = f"/v2.1/servers/{self.uuid}/os-instance-actions"
        return [each["action"] for each in self.admin.ask("GET", path)["instanceActions"]]


@pytest.fixture
def flow(lab: Bench) -> Iterator[Flow]:
    made = Flow(lab)
    yield made
    for host in OTHER:
        made.admin.ask(
            "PUT",
            "/v2.1/os-services/force-down",
            {"host": host, "binary": "nova-compute", "forced_down": False},
        )
        lab.until_state(host, "up")
    made.admin.ask("DELETE", f"/v2.1/servers/{made.uuid}")
    until_true(lambda: made.admin.host_status(made.uuid) == NOT_FOUND)


def by_curl(flow: Flow) -> None:
    flow.service("force-down", forced_down=True)
    action = {"evacuate": {}}
    flow.admin.ask("POST", f"/v2.1/servers/{flow.uuid}/action", action)


def by_nova(flow: Flow) -> None:
    nova = client("nova")
    flow.type(nova, "service-force-down", service_id(flow))
    flow.type(nova, *_STARTS, "evacuate", flow.uuid)


def by_nova_host(flow: Flow) -> None:
    nova = client("nova")
    flow.type(nova, "service-force-down", service_id(flow))
    flow.type(nova, *_STARTS, "host-evacuate", flow.host)


def by_openstack(flow: Flow) -> None:
    openstack = client("openstack")
    flow.type(openstack, "compute", "service", "set", "--down", flow.host, "nova-compute")
    version = ("--os-compute-api-version", "2.29")
    # Not --wait: openstackclient 10.5.0 compares the status in small letters with ACTIVE, for ever.
    flow.type(openstack, *version, "server", "evacuate", flow.uuid)


_BY_SDK = """
import sys
import openstack
host, uuid = sys.argv[1:]
compute = openstack.connect(compute_default_microversion="2.94").compute
(service,) = compute.services(host=host, binary="nova-compute")
compute.update_service_forced_down(service)
compute.evacuate_server(uuid)
"""


def by_sdk(flow: Flow) -> None:
    flow.type(client("python"), "-c", _BY_SDK, flow.host, flow.uuid)


def by_ours(flow: Flow) -> None:
    flow.ours("service-force-down", flow.host)
    planned = flow.ours("host", "evacuate", "--dry-run", flow.host, "-f", "value")
    assert OTHER[flow.host] in planned
    flow.ours("host", "evacuate", "--wait", flow.host)


def client(name: str) -> str:
    return str(programs("HOSTDOWN_CLIENTS", ".venv-clients") / name)


def service_id(flow: Flow) -> str:
    flow.admin.version = "2.53"
    services = flow.admin.ask("GET", f"/v2.1/os-services?host={flow.host}")["services"]
    flow.admin.version = "2.42"
    return str(services[0]["id"])


_LONG = [
    pytest.param(way, marks=pytest.mark.long) for way in (by_nova, by_openstack, by_sdk, by_ours)
]


@pytest.mark.parametrize("way", [by_curl, by_nova_host, *_LONG])
def test_a_server_survives_its_host_and_the_host_comes_back_clean(
    flow: Flow, way: Callable[[Flow], None]
) -> None:
    if way not in (by_curl, by_ours):
        client("nova")  # without it the test is skipped before anything is switched off
    lost, saved = flow.host, OTHER[flow.host]
    before = flow.fence()
    way(flow)
    flow.is_on(saved)
    after = counted(flow.disk(flow.uuid), beyond=before.counter)
    assert after.mark != before.mark
    assert flow.actions()[0] == "evacuate"

    # It boots nothing of what it lost, cleans up, and is let up only then.
    flow.lab.type("power", "on", lost)
    until_true(lambda: flow.status_of_migration() == "completed")
    flow.ours("host", "release", lost)
    flow.lab.until_state(lost, "up")
    going_on = counted(flow.disk(flow.uuid), beyond=after.counter)
    assert going_on.mark == after.mark
    assert not twin_seen(flow.disk(flow.uuid))
    assert flow.lab.guests(lost) == []
    assert len(flow.lab.guests(saved)) == 1
