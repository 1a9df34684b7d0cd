"""A host is drained while its servers run: they count on elsewhere, whatever befalls who asked."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from tests.guests.disk import counted, twin_seen
from tests.lab.bench import Bench, until_true
from tests.lab.setting import NOT_FOUND
from tests.lab.test_evacuation import OTHER, Flow
from tests.lab.test_live_moves import CLOSED

MORE = 3
"""Servers beside the first one; they are on both hosts."""
DRAIN = ("host", "maintenance")


class Drained(Flow):
    """Servers on both hosts of a lab."""

    def __init__(self, lab: Bench) -> None:
        super().__init__(lab)
        self.admin.version = "2.80"
        self.uuids = [self.uuid, *(self.boot(self.owner) for _ in range(MORE))]

    def host_of(self, uuid: str) -> str:
        found = self.admin.ask("GET", f"/v2.1/servers/{uuid}")["server"]
        return str(found["OS-EXT-SRV-ATTR:host"])

    def on(self, host: str) -> list[str]:
        return [each for each in self.uuids if self.host_of(each) == host]

    def act(self, uuid: str, action: str) -> None:
        self.admin.ask("POST", f"/v2.1/servers/{uuid}/action", {action: None})

    def command(self, *words: str) -> list[str]:
        openrc = str(self.lab.directory / "server" / "openrc")
        ours = [sys.executable, "-m", "hostdown", *words]
        return ["sh", "-c", '. "$0" && exec "$@"', openrc, *ours]

    def drain(self, host: str) -> tuple[int, dict[str, tuple[str, str]], str]:
        """Exit code, status and reason of each server, and what was told."""
        words = self.command(*DRAIN, host, "on", "--wait", "-f", "json")
        done = subprocess.run(words, capture_output=True, text=True, timeout=100, check=False)
        rows = {
            each["Server"]: (each["Status"], each["Reason"]) for each in json.loads(done.stdout)
        }
        return done.returncode, rows, done.stderr


@pytest.fixture
def flow(lab: Bench) -> Iterator[Drained]:
    made = Drained(lab)
    yield made
    for host in OTHER:
        made.ours(*DRAIN, host, "off")
    for uuid in made.uuids:
        made.admin.ask("DELETE", f"/v2.1/servers/{uuid}")
        until_true(lambda uuid=uuid: made.admin.host_status(uuid) == NOT_FOUND)


def test_what_runs_goes_and_counts_on_and_what_is_stopped_stays(flow: Drained) -> None:
    here, there = flow.host, OTHER[flow.host]
    stopped = flow.on(here)[-1]
    flow.act(stopped, "os-stop")
    until_true(
        lambda: flow.admin.ask("GET", f"/v2.1/servers/{stopped}")["server"]["status"] == "SHUTOFF"
    )
    running = [each for each in flow.on(here) if each != stopped]
    before = {each: counted(flow.disk(each), beyond=0) for each in running}
    code, rows, told = flow.drain(here)
    assert code == 0, told
    assert rows.pop(stopped)[0] == "stays"
    assert rows == {each: ("moved", None) for each in running}
    assert flow.lab.guests(here) == []
    for uuid, was in before.items():
        assert flow.host_of(uuid) == there
        now = counted(flow.disk(uuid), beyond=was.counter + 1)
        assert now.mark == was.mark  # the very same guest: it has not booted
        assert not twin_seen(flow.disk(uuid))
    record = flow.lab.record(here)
    facts = (record["status"], record["disabled_reason"], record["recovery"])
    assert facts == ("disabled", "maintenance", "suspended")
    flow.ours(*DRAIN, here, "off")
    assert (flow.lab.record(here)["status"], flow.on(here)) == ("enabled", [stopped])


@pytest.mark.long
def test_where_there_is_nowhere_to_go_it_says_so_and_they_stay(flow: Drained) -> None:
    here, there = flow.host, OTHER[flow.host]
    flow.ours(*DRAIN, there, "on", "--no-drain")
    before = flow.on(here)
    code, rows, told = flow.drain(here)
    assert (code, flow.on(here)) == (1, before)
    assert {status for status, _ in rows.values()} == {"failed"}
    assert all(there in str(reason) for _, reason in rows.values()), rows
    assert f"{len(before)} cannot move" in told


@pytest.mark.long
def test_who_is_killed_is_followed_by_who_goes_on(flow: Drained) -> None:
    here, there = flow.host, OTHER[flow.host]
    before = {each: counted(flow.disk(each), beyond=0) for each in flow.on(here)}
    for words in CLOSED:
        flow.lab.inside(there, "nft", words)
    try:
        asked = subprocess.Popen(flow.command(*DRAIN, here, "on", "--wait"))
        sent = f"/v2.1/os-migrations?source_compute={here}&status=running"
        until_true(lambda: flow.admin.ask("GET", sent)["migrations"])
        os.kill(asked.pid, signal.SIGKILL)
        asked.wait()
    finally:
        flow.lab.inside(there, "nft", "delete table inet closed")
    code, rows, told = flow.drain(here)
    assert code == 0, told
    assert {status for status, _ in rows.values()} <= {"moved"}
    assert flow.on(here) == []
    for uuid, was in before.items():
        assert counted(flow.disk(uuid), beyond=was.counter + 1).mark == was.mark
