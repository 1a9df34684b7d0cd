"""Contract 6.1: os-hosts, until 2.42."""

import pytest
from falcon.testing import Result
from tests.api.asking import told
from tests.api.hosting import node
from tests.api.world import READER, World


def ask(world: World, below: str = "", version: str = "2.42", **more: str) -> Result:
    return world.ask("GET", f"/v2.1/os-hosts{below}", version, **more)


@pytest.fixture
def populated(world: World) -> World:
    node(world, "compute1")
    disabled = node(world, "compute2").service
    world.replace(disabled, disabled._replace(disabled=True))
    world.service("ctl", "nova-scheduler")
    world.service("ctl", "nova-conductor")
    world.service("ctl", "nova-osapi_compute")
    return world


COMPUTE = {"host_name": "compute1", "service": "compute", "zone": "nova"}
INTERNAL = [
    {"host_name": "ctl", "service": "scheduler", "zone": "internal"},
    {"host_name": "ctl", "service": "conductor", "zone": "internal"},
]


@pytest.mark.parametrize(
    ("query", "hosts"),
    [
        ("", [COMPUTE, *INTERNAL]),
        ("?zone=", [COMPUTE, *INTERNAL]),
        ("?zone=nova", [COMPUTE]),
        ("?zone=internal", INTERNAL),
        ("?zone=nov", []),
        ("?zone=NOVA", []),
        ("?zone=%E4%B8%BB", []),
        ("?zone=internal&zone=nova", [COMPUTE]),
        ("?what=ever", [COMPUTE, *INTERNAL]),
    ],
)
def test_hosts_are_the_enabled_services_and_their_zones(
    populated: World, query: str, hosts: list[dict[str, str]]
) -> None:
    for version in ("2.1", "2.42"):
        assert ask(populated, query, version).json == {"hosts": hosts}


def test_the_services_of_a_cell_that_does_not_answer_are_left_out(populated: World) -> None:
    populated.silence_cell()
    assert ask(populated).json == {"hosts": []}
    assert ask(populated, "/compute1").status_code == 500


def test_a_host_is_shown_whatever_its_state_and_status(populated: World) -> None:
    assert len(ask(populated, "/compute2").json["host"]) == 3


def test_a_host_that_is_not_there_is_404(populated: World) -> None:
    for name, shown in (("nowhere", "nowhere"), ("ctl", "ctl"), ("COMPUTE1", "COMPUTE1")):
        message = f"Host '{shown}' is not mapped to any cell"
        for below in ("", "/startup", "/shutdown", "/reboot"):
            assert told(ask(populated, f"/{name}{below}")) == (404, message)
    assert ask(populated, "/%00").status_code == 404
    populated.service("silent", seen=None)
    message = "Compute host silent could not be found."
    assert told(ask(populated, "/silent")) == (404, message)


@pytest.mark.parametrize(
    ("action", "rule"), [("startup", "start"), ("shutdown", "shutdown"), ("reboot", "reboot")]
)
def test_power_is_not_for_us_and_only_those_who_might_are_told_so(
    populated: World, action: str, rule: str
) -> None:
    message = "The requested functionality is not supported."
    assert told(ask(populated, f"/compute1/{action}")) == (501, message)
    refused = f"Policy doesn't allow os_compute_api:os-hosts:{rule} to be performed."
    for host in ("compute1", "nowhere"):
        assert told(ask(populated, f"/{host}/{action}", token=READER)) == (403, refused)


def test_from_2_43_on_there_are_no_hosts(populated: World) -> None:
    for below in ("", "/compute1", "/compute1/reboot"):
        assert told(ask(populated, below, "2.43")) == (404, "The resource could not be found.")
