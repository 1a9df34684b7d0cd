"""Hypervisors and hosts, as the stock clients and our own command show them."""

import json
import re
import sys

import pytest

from hostdown.cli.demo.stage import Stage

from .conftest import HOSTS, Client, run
from .test_nova import rows

UPTIME = re.compile(r"\d\d:\d\d:\d\d up .+,  - users,  load average: -, -, -")
USAGE_TOLD = ("2.1", "2.53")
VERSIONS = ("2.53", "2.104")
"""One of each form; every version is asked for in tests/api, without a client's start."""


@pytest.fixture
def hostdown(stage: Stage) -> Client:
    """`hostdown …`, with the clouds.yaml that the server wrote."""
    command = (sys.executable, "-m", "hostdown", "--os-cloud", "hostdown")
    return lambda *words: run(stage, *command, *words)


# -------------------------------------------------------------------------------------- openstack


@pytest.mark.parametrize("version", VERSIONS)
def test_openstack_lists(openstack: Client, version: str) -> None:
    words = ("--os-compute-api-version", version, "hypervisor", "list", "--long", "-f", "json")
    listed = {row["Hypervisor Hostname"]: row for row in json.loads(openstack(*words))}
    assert set(HOSTS) <= set(listed)
    record = listed["compute1"]
    assert (record["State"], record["Hypervisor Type"]) == ("up", "simulated")
    assert record["Host IP"] == "127.0.0.1"
    if version in USAGE_TOLD:
        assert (record["vCPUs Used"], record["vCPUs"]) == (0, 16)


@pytest.mark.parametrize("version", ["2.53", "2.104"])
def test_openstack_lists_by_a_part_of_the_name(openstack: Client, version: str) -> None:
    words = ("hypervisor", "list", "--matching", "compute2", "-f", "value", "-c", "State")
    assert openstack("--os-compute-api-version", version, *words) == "up\n"


@pytest.mark.long
def test_openstack_follows_pages(openstack: Client) -> None:
    words = ("hypervisor", "list", "-f", "value", "-c", "Hypervisor Hostname")
    everything = openstack(*words).split()
    assert set(HOSTS) <= set(everything)
    assert openstack(*words, "--limit", "1").split() == everything


@pytest.mark.parametrize("version", VERSIONS)
def test_openstack_shows_one(openstack: Client, version: str) -> None:
    words = ("--os-compute-api-version", version, "hypervisor", "show", "compute1", "-f", "json")
    shown = json.loads(openstack(*words))
    assert (shown["state"], shown["status"]) == ("up", "enabled")
    assert shown["service_host"] == "compute1"
    assert shown["users"] == "-"
    assert re.fullmatch(r"(\d+ days?, +)?(\d+:\d\d|\d+ min)", shown["uptime"])
    if version in USAGE_TOLD:
        assert shown["cpu_info"]["model"] == "simulated"


def test_openstack_shows_what_there_is_in_total(openstack: Client) -> None:
    words = ("--os-compute-api-version", "2.87", "hypervisor", "stats", "show", "-f", "json")
    shown = json.loads(openstack(*words))
    assert shown["count"] >= len(HOSTS)
    assert shown["vcpus"] == 16 * shown["count"]


def test_openstack_lists_and_shows_hosts(openstack: Client) -> None:
    listed = json.loads(openstack("host", "list", "-f", "json"))
    assert {"Host Name": "compute1", "Service": "compute", "Zone": "nova"} in listed
    internal = json.loads(openstack("host", "list", "--zone", "internal", "-f", "json"))
    assert {row["Service"] for row in internal} == {"conductor", "scheduler"}
    shown = json.loads(openstack("host", "show", "compute1", "-f", "json"))
    assert [row["Project"] for row in shown] == ["(total)", "(used_now)", "(used_max)"]
    assert (shown[0]["CPU"], shown[0]["Memory MB"], shown[0]["Disk GB"]) == (16, 65536, 1024)


# ------------------------------------------------------------------------------------------- nova


@pytest.fixture(params=["18.13.1", pytest.param("9.1.3", marks=pytest.mark.long)])
def client(request: pytest.FixtureRequest) -> Client:
    """Both clients, one after the other."""
    found: Client = request.getfixturevalue({"18.13.1": "nova", "9.1.3": "nova9"}[request.param])
    return found


@pytest.mark.long
@pytest.mark.parametrize("version", ["2.1", "2.52", "2.53"])
def test_nova_lists_searches_and_shows(client: Client, version: str) -> None:
    at = ("--os-compute-api-version", version)
    listed = {row["Hypervisor hostname"]: row for row in rows(client(*at, "hypervisor-list"))}
    assert set(HOSTS) <= set(listed)
    assert (listed["compute1"]["State"], listed["compute1"]["Status"]) == ("up", "enabled")
    matching = rows(client(*at, "hypervisor-list", "--matching", "compute2"))
    assert [row["Hypervisor hostname"] for row in matching] == ["compute2"]
    number = listed["compute1"]["ID"]
    shown = {row["Property"]: row["Value"] for row in rows(client(*at, "hypervisor-show", number))}
    assert (shown["hypervisor_hostname"], shown["service_host"]) == ("compute1", "compute1")
    assert shown["vcpus"] == "16"
    uptime = client(*at, "hypervisor-uptime", number)
    assert UPTIME.search(uptime)
    assert "vcpus" in client(*at, "hypervisor-stats")
    assert rows(client(*at, "hypervisor-servers", "compute")) == []


@pytest.mark.long
def test_nova_9_lists_and_describes_hosts(nova9: Client) -> None:
    at = ("--os-compute-api-version", "2.42")
    listed = rows(nova9(*at, "host-list"))
    assert {"host_name": "compute1", "service": "compute", "zone": "nova"} in listed
    zone = rows(nova9(*at, "host-list", "--zone", "nova"))
    assert {row["service"] for row in zone} == {"compute"}
    described = rows(nova9(*at, "host-describe", "compute1"))
    assert [row["PROJECT"] for row in described] == ["(total)", "(used_now)", "(used_max)"]
    assert described[0]["memory_mb"] == "65536"


# ----------------------------------------------------------------------------------------- our own


def test_our_own_command_shows_the_same(stage: Stage, hostdown: Client) -> None:
    listed = json.loads(hostdown("hypervisor", "list", "--long", "-f", "json"))
    record = {row["Hypervisor Hostname"]: row for row in listed}["compute1"]
    assert (record["State"], record["Status"], record["vCPUs"]) == ("up", "enabled", 16)
    shown = json.loads(hostdown("hypervisor", "show", "compute1", "-f", "json"))
    assert shown["ID"] == record["ID"]
    assert shown["Service ID"] == stage.services()["compute1"]["id"]
    assert UPTIME.search(shown["Uptime"])
    assert json.loads(hostdown("hypervisor", "stats", "-f", "json"))["Hypervisors"] >= len(HOSTS)


def test_a_host_that_was_forced_down_is_a_hypervisor_that_is_down(
    stage: Stage, hostdown: Client
) -> None:
    stage.change("compute2", forced_down=True)
    shown = json.loads(hostdown("hypervisor", "show", "compute2", "-f", "json"))
    assert (shown["State"], shown["Uptime"]) == ("down", None)
    stage.change("compute2", forced_down=False)
    names = hostdown("hypervisor", "list", "--matching", "te2", "-f", "value", "-c", "State")
    assert names == "up\n"
