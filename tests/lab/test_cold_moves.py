"""Cold migration and resize between real hosts, by the openstack command."""

from collections.abc import Iterator

import pytest
from tests.guests.disk import counted, twin_seen
from tests.lab.bench import Bench, until_true
from tests.lab.setting import NOT_FOUND, Setting
from tests.lab.test_evacuation import OTHER, Flow, client


@pytest.fixture
def flow(lab: Bench) -> Iterator[Flow]:
    made = Flow(lab)
    yield made
    made.admin.ask("DELETE", f"/v2.1/servers/{made.uuid}")
    until_true(lambda: made.admin.host_status(made.uuid) == NOT_FOUND)


def typed(flow: Flow, *words: str) -> str:
    return flow.type(client("openstack"), "server", *words)


def shown(flow: Setting) -> tuple[str, str]:
    found = flow.shown()
    return str(found["OS-EXT-SRV-ATTR:host"]), str(found["status"])


def test_a_server_is_migrated_and_stays_or_comes_back(flow: Flow) -> None:
    here, there = flow.host, OTHER[flow.host]
    first = counted(flow.disk(flow.uuid), beyond=0)
    typed(flow, "migrate", "--wait", flow.uuid)
    assert shown(flow) == (there, "VERIFY_RESIZE")
    second = counted(flow.disk(flow.uuid), beyond=first.counter)
    assert second.mark != first.mark
    typed(flow, "migrate", "revert", flow.uuid)
    until_true(lambda: shown(flow) == (here, "ACTIVE"))
    third = counted(flow.disk(flow.uuid), beyond=second.counter)
    typed(flow, "migrate", "--wait", flow.uuid)
    typed(flow, "migrate", "confirm", flow.uuid)
    assert shown(flow) == (there, "ACTIVE")
    counted(flow.disk(flow.uuid), beyond=third.counter)
    assert not twin_seen(flow.disk(flow.uuid))
    assert flow.lab.guests(here) == []
    assert len(flow.lab.guests(there)) == 1


@pytest.mark.long
def test_a_server_grows(flow: Flow) -> None:
    wanted = {"name": f"big {flow.uuid}", "ram": 16, "vcpus": 2, "disk": 2}
    flavor = flow.admin.ask("POST", "/v2.1/flavors", {"flavor": wanted})["flavor"]["id"]
    before = counted(flow.disk(flow.uuid), beyond=0)
    typed(flow, "resize", "--wait", "--flavor", flavor, flow.uuid)
    typed(flow, "resize", "confirm", flow.uuid)
    assert shown(flow) == (OTHER[flow.host], "ACTIVE")
    counted(flow.disk(flow.uuid), beyond=before.counter)
    assert flow.disk(flow.uuid).stat().st_size == 2 << 30
