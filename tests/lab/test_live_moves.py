"""Live migration between real hosts: the guest's counter goes on, whatever happens on its way."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from tests.guests.disk import Count, count, counted, twin_seen
from tests.lab.bench import Bench, until_true
from tests.lab.setting import NOT_FOUND
from tests.lab.test_cold_moves import shown, typed
from tests.lab.test_evacuation import OTHER, Flow, client

CLOSED = (
    "add table inet closed",
    "add chain inet closed in { type filter hook input priority 0 ; }",
    "add rule inet closed in tcp dport 49152-49215 meta length > 100 drop",
)
"""By which no guest comes in, though it may knock."""

ENDED = ("completed", "cancelled", "error", "failed")


@pytest.fixture
def flow(lab: Bench) -> Iterator[Flow]:
    made = Flow(lab)
    made.admin.version = "2.80"
    yield made
    for host in OTHER:
        if lab.status()[host]["Power"] != "on":
            lab.type("power", "on", host)
        made.admin.version = "2.42"
        up = {"host": host, "binary": "nova-compute", "forced_down": False}
        until_true(lambda up=up: _let_up(made, up))
        lab.until_state(host, "up")
    made.admin.ask("DELETE", f"/v2.1/servers/{made.uuid}")
    until_true(lambda: made.admin.host_status(made.uuid) == NOT_FOUND)


def _let_up(flow: Flow, wanted: dict[str, object]) -> bool:
    """Refused as long as something of what was evacuated may be there."""
    with suppress(AssertionError):
        flow.admin.ask("PUT", "/v2.1/os-services/force-down", wanted)
        return True
    return False


def move(flow: Flow) -> dict[str, Any]:
    """The newest one of the server."""
    found = flow.admin.ask("GET", f"/v2.1/os-migrations?instance_uuid={flow.uuid}")["migrations"]
    return dict(max(found, key=lambda each: int(each["id"])))


def begin(flow: Flow) -> Count:
    """What it had counted then."""
    before = counted(flow.disk(flow.uuid), beyond=0)
    body = {"os-migrateLive": {"host": None, "block_migration": "auto"}}
    flow.admin.ask("POST", f"/v2.1/servers/{flow.uuid}/action", body)
    return before


@contextmanager
def stalled(flow: Flow) -> Iterator[Count]:
    """It is on its way, and does not get there: nothing comes through to who takes it in."""
    there = OTHER[flow.host]
    for words in CLOSED:
        flow.lab.inside(there, "nft", words)
    try:
        before = begin(flow)
        until_true(lambda: flow.lab.guests(there))
        until_true(lambda: move(flow)["status"] == "running")
        yield before
    finally:
        if flow.lab.status()[there]["Power"] == "on":
            flow.lab.try_inside(there, "nft", "delete table inet closed")


def stays(flow: Flow, before: Count, status: str) -> None:
    """It runs where it was, the same guest, and nothing of it is elsewhere."""
    until_true(lambda: move(flow)["status"] in ENDED)
    assert move(flow)["status"] == status
    until_true(lambda: shown(flow) == (flow.host, "ACTIVE"))
    after = counted(flow.disk(flow.uuid), beyond=count(flow.disk(flow.uuid)).counter + 1)
    assert after.mark == before.mark
    assert not twin_seen(flow.disk(flow.uuid))


def test_56_livemig_die_each_nobody_does(flow: Flow) -> None:
    here, there = flow.host, OTHER[flow.host]
    first = counted(flow.disk(flow.uuid), beyond=0)
    typed(flow, "migrate", "--live-migration", "--host", there, "--wait", flow.uuid)
    assert shown(flow) == (there, "ACTIVE")
    second = counted(flow.disk(flow.uuid), beyond=first.counter + 1)
    assert second.mark == first.mark  # the very same guest: it has not booted
    assert flow.lab.guests(here) == []
    flow.type(client("nova"), "live-migration", flow.uuid, here)
    until_true(lambda: shown(flow) == (here, "ACTIVE"))
    third = counted(flow.disk(flow.uuid), beyond=second.counter + 1)
    flow.type(client("nova"), "host-evacuate-live", here)
    until_true(lambda: shown(flow) == (there, "ACTIVE"))
    assert counted(flow.disk(flow.uuid), beyond=third.counter + 1).mark == first.mark
    assert not twin_seen(flow.disk(flow.uuid))
    assert move(flow)["status"] == "completed"


def test_58_livemig_timeout_called_off_it_stays(flow: Flow) -> None:
    with stalled(flow) as before:
        number = str(move(flow)["id"])
        listed = flow.type(client("nova"), "server-migration-list", flow.uuid)
        assert number in listed
        flow.type(client("nova"), "live-migration-abort", flow.uuid, number)
        stays(flow, before, "cancelled")
    assert flow.actions()[:2] == ["live_migration_cancel", "live-migration"]


@pytest.mark.long
def test_58_livemig_timeout_called_off_though_what_takes_it_in_hangs(flow: Flow) -> None:
    with stalled(flow) as before:
        (pid,) = flow.lab.guests(OTHER[flow.host])
        os.kill(pid, signal.SIGSTOP)
        flow.ours("migration", "abort", flow.uuid)
        stays(flow, before, "cancelled")
    assert flow.lab.guests(OTHER[flow.host]) == []


@pytest.mark.long
def test_57_livemig_evacuate_when_its_host_loses_power(flow: Flow) -> None:
    lost, saved = flow.host, OTHER[flow.host]
    with stalled(flow):
        last = flow.fence()
        flow.admin.version = "2.42"
        flow.service("force-down", forced_down=True)
        flow.admin.version = "2.80"
    until_true(lambda: move(flow)["status"] in ENDED)
    assert move(flow)["status"] == "failed"
    assert flow.lab.guests(saved) == []
    body: dict[str, object] = {"evacuate": {}}
    flow.admin.ask("POST", f"/v2.1/servers/{flow.uuid}/action", body)
    until_true(lambda: shown(flow)[0] == saved)
    counted(flow.disk(flow.uuid), beyond=last.counter)
    assert not twin_seen(flow.disk(flow.uuid))
    assert lost != saved


@pytest.mark.long
def test_56_livemig_die_each_its_destination_loses_power(flow: Flow) -> None:
    there = OTHER[flow.host]
    with stalled(flow) as before:
        flow.lab.type("power", "off", there)
        flow.admin.version = "2.42"
        down = {"host": there, "binary": "nova-compute", "forced_down": True}
        flow.admin.ask("PUT", "/v2.1/os-services/force-down", down)
        flow.admin.version = "2.80"
        stays(flow, before, "failed")


@pytest.mark.long
@pytest.mark.parametrize("side", ["here", "there"])
def test_56_livemig_die_each_an_agent_is_killed(flow: Flow, side: str) -> None:
    host = flow.host if side == "here" else OTHER[flow.host]
    with stalled(flow) as before:
        flow.lab.try_inside(host, "sh", "-c", 'kill -9 $(pgrep -f "[h]ostdown agent")')
        if side == "here":
            stays(flow, before, "failed")
            return
    until_true(lambda: shown(flow) == (host, "ACTIVE"))
    assert counted(flow.disk(flow.uuid), beyond=before.counter + 1).mark == before.mark


@pytest.mark.long
def test_56_livemig_die_each_the_link_is_cut(flow: Flow) -> None:
    there = OTHER[flow.host]
    with stalled(flow) as before:
        flow.lab.type("cut", there)
        until_true(lambda: not _is_sent(flow))
        flow.lab.type("cut", "--heal", there)
        stays(flow, before, "failed")


def test_58_livemig_timeout_forced_it_stands_still_until_it_is_there(flow: Flow) -> None:
    with stalled(flow) as before:
        number = str(move(flow)["id"])
        flow.type(client("nova"), "live-migration-force-complete", flow.uuid, number)
        until_true(lambda: _stands_still(flow))
    until_true(lambda: shown(flow) == (OTHER[flow.host], "ACTIVE"))
    assert counted(flow.disk(flow.uuid), beyond=before.counter).mark == before.mark
    assert flow.actions()[:2] == ["live_migration_force_complete", "live-migration"]


def _is_sent(flow: Flow) -> bool:
    (name,) = flow.lab.inside(flow.host, "virsh", "-q", "list", "--name").split()
    return "Outgoing migration" in flow.lab.inside(flow.host, "virsh", "domjobinfo", name)


def _stands_still(flow: Flow) -> bool:
    return "paused" in flow.lab.inside(flow.host, "virsh", "list", "--all")
