"""Live migration between real hosts: the guest's counter goes on, by stock clients and by ours."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.guests.disk import counted, twin_seen
from tests.lab.bench import Bench, until_true
from tests.lab.setting import NOT_FOUND
from tests.lab.test_cold_moves import shown, typed
from tests.lab.test_evacuation import OTHER, Flow


@pytest.fixture
def flow(lab: Bench) -> Iterator[Flow]:
    made = Flow(lab)
    yield made
    made.admin.ask("DELETE", f"/v2.1/servers/{made.uuid}")
    until_true(lambda: made.admin.host_status(made.uuid) == NOT_FOUND)


def move(flow: Flow) -> dict[str, Any]:
    """The newest one of the server."""
    found = flow.admin.ask("GET", f"/v2.1/os-migrations?instance_uuid={flow.uuid}")["migrations"]
    return dict(max(found, key=lambda each: int(each["id"])))


def test_a_server_moves_while_it_counts(flow: Flow) -> None:
    here, there = flow.host, OTHER[flow.host]
    first = counted(flow.disk(flow.uuid), beyond=0)
    typed(flow, "migrate", "--live-migration", "--host", there, "--wait", flow.uuid)
    assert shown(flow) == (there, "ACTIVE")
    second = counted(flow.disk(flow.uuid), beyond=first.counter + 1)
    assert second.mark == first.mark  # the very same guest: it has not booted
    assert flow.lab.guests(here) == []
    typed(flow, "migrate", "--live-migration", "--wait", flow.uuid)
    assert shown(flow) == (here, "ACTIVE")
    assert counted(flow.disk(flow.uuid), beyond=second.counter + 1).mark == first.mark
    assert not twin_seen(flow.disk(flow.uuid))
    assert move(flow)["status"] == "completed"
