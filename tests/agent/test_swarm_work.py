"""Simulated hosts that run servers: many hosts, one queue, nothing on disk."""

from datetime import timedelta
from pathlib import Path

import pytest
import urllib3
from tests.agent.exchange_pair import SESSION, SmallServer
from tests.agent.test_processes import ask, running
from tests.agent.worker_bed import ASKED, HERE, MINE, UUID, moved
from tests.processes.harness import Server, pools_of, serving, until

from hostdown.agent.site import WorkerSettings
from hostdown.cli.app import main
from hostdown.compose_swarm import SwarmWishes, swarm_work
from hostdown.domain.assignment import Assignments, PowerState, Wanted
from hostdown.drivers.fake_guests import FakeGuests, Trouble
from hostdown.drivers.fake_hypervisor import FakeHypervisor
from hostdown.drivers.system_clock import SystemClock

NAMES = ("busy", "idle")


class Hosts:
    """Two hosts of a swarm, of which the server gives one something to do."""

    def __init__(self, saved: Path, trouble: Trouble | None = None) -> None:
        self.server = SmallServer()
        clock = SystemClock()
        self.guests = {name: FakeGuests(clock, trouble=trouble) for name in NAMES}
        wishes = SwarmWishes(NAMES, timedelta(seconds=10), None, 1)
        self.work = swarm_work(saved, self.guests, self.server, clock, wishes, WorkerSettings())
        self.busy = self.work.hosts["busy"]
        self.busy.exchange.began(SESSION)
        self.busy.exchange.answered(self.server.version)
        self.turns()

    def turns(self) -> int:
        """How many there were until all is done."""
        made = 0
        while self.work.turn(wait=False):
            made += 1
        return made

    def give(self, wanted: Wanted, order: int) -> None:
        self.server.give(ASKED._replace(wanted=wanted, order=order))
        self.busy.exchange.answered(self.server.version)
        self.turns()

    @property
    def states(self) -> list[PowerState]:
        return [guest.state for guest in self.guests["busy"].inventory()]


def test_a_server_lives_and_ends_on_a_host_of_a_swarm(tmp_path: Path) -> None:
    hosts = Hosts(tmp_path / "saved")
    hosts.give(Wanted.RUNNING, 1)
    assert hosts.states == [PowerState.RUNNING]
    hosts.give(Wanted.SUSPENDED, 2)
    assert hosts.states == []
    hosts.give(Wanted.RUNNING, 3)
    assert hosts.states == [PowerState.RUNNING]
    hosts.give(Wanted.GONE, 4)
    assert hosts.states == []
    assert [said.order for said in hosts.server.said] == [1, 2, 3, 4]
    assert hosts.server.said[-1].gone
    assert list((tmp_path / "saved").iterdir()) == []
    assert hosts.guests["idle"].inventory() == []


def test_an_answer_that_names_no_newer_version_asks_nothing(tmp_path: Path) -> None:
    hosts = Hosts(tmp_path / "saved")
    hosts.server.requests.clear()
    hosts.busy.exchange.answered(hosts.server.version)
    assert hosts.turns() == 0
    assert hosts.server.requests == []


def test_a_start_that_is_to_fail_is_told_with_its_cause(tmp_path: Path) -> None:
    hosts = Hosts(tmp_path / "saved", Trouble(fails={"create": 1.0}))
    hosts.give(Wanted.RUNNING, 1)
    failure = hosts.server.said[-1].failure
    assert failure is not None
    assert failure.message == "made-up failure of 'create'"
    assert hosts.states == []


def test_a_server_moves_from_one_host_of_a_swarm_to_another(tmp_path: Path) -> None:
    """Both have the same leases and the same disks."""
    hosts = Hosts(tmp_path / "saved")
    hosts.give(Wanted.RUNNING, 1)
    hosts.server.give(ASKED._replace(wanted=Wanted.ELSEWHERE))
    hosts.busy.exchange.answered(hosts.server.version)
    hosts.turns()
    assert hosts.server.said[-1].gone
    idle = hosts.work.hosts["idle"]
    there = moved(MINE)
    idle.worker.begin(HERE._replace(host="idle", boot=there.boot))
    idle.worker.assign(Assignments("db", 1, (there,)))
    hosts.turns()
    assert hosts.states == []
    assert [guest.state for guest in hosts.guests["idle"].inventory()] == [PowerState.RUNNING]


def test_a_guest_whose_lease_is_anothers_is_killed_in_a_swarm_too(tmp_path: Path) -> None:
    hosts = Hosts(tmp_path / "saved")
    hosts.give(Wanted.RUNNING, 1)
    other = hosts.busy.site.live.all()[UUID]._replace(generation=0)
    hosts.busy.site.live.hold(UUID, other)
    hosts.work.look()
    assert hosts.states == []


def test_a_host_has_room_for_so_many_servers() -> None:
    hypervisor = FakeHypervisor("h", FakeGuests(SystemClock()), servers=3)
    found = hypervisor.resources()
    assert (found.vcpus, found.local_gb) == (3, 60)
    assert found.memory_mb - found.memory_mb_used == 3 * 2048


@pytest.mark.parametrize(
    "words",
    [
        ("--servers-per-host", "0"),
        ("--servers-per-host", "1001"),
        ("--delay", "start=1"),
        ("--servers-per-host", "1", "--delay", "boot=1"),
        ("--servers-per-host", "1", "--delay", "start=x"),
        ("--servers-per-host", "1", "--fail", "start=1.5"),
        ("--servers-per-host", "1", "--fail", "stop=nan"),
    ],
)
def test_what_a_swarm_cannot_do_is_refused(words: tuple[str, ...]) -> None:
    assert main(["swarm", "--count", "1", *words]) == 2


def test_a_server_that_is_asked_for_comes_up_on_a_swarm_and_goes(tmp_path: Path) -> None:
    """By real processes: the only place where all of a swarm is put together."""
    sections = {
        "DEFAULT": {"report_interval": 0.2, "service_down_time": 5},
        "api": {"auth_strategy": "noauth2"},
    }
    with (
        serving(tmp_path, **sections) as server,  # type: ignore[arg-type] # sections of numbers
        running(server, "swarm", "--count", "2", "--servers-per-host", "1"),
    ):
        flavor = {"name": "nano", "ram": 16, "vcpus": 1, "disk": 1}
        made = ask(server, "POST", "/v2.1/flavors", {"flavor": flavor})["flavor"]["id"]
        until(lambda: len(ask(server, "GET", "/v2.1/os-hypervisors")["hypervisors"]) == 2)
        wanted = {"name": "vm", "flavorRef": made, "networks": "none"}
        body = {"server": {**wanted, "imageRef": image(server)}}
        uuid = ask(server, "POST", "/v2.1/servers", body)["server"]["id"]
        path = f"/v2.1/servers/{uuid}"
        until(lambda: ask(server, "GET", path)["server"]["status"] == "ACTIVE")
        first, second = pools_of(tmp_path / "state").values()
        assert first == second
        assert (len(first[0]), first[1]) == (36, "locks")
        ask(server, "DELETE", path)
        until(lambda: ask(server, "GET", "/v2.1/servers")["servers"] == [])


def image(server: Server) -> str:
    wanted = {"name": "blank", "disk_format": "raw", "container_format": "bare"}
    made = str(ask(server, "POST", "/image/v2/images", wanted)["id"])
    headers = {"X-Auth-Token": "admin:p", "Content-Type": "application/octet-stream"}
    with urllib3.PoolManager(retries=False, timeout=10) as pool:
        url = f"{server.url}/image/v2/images/{made}/file"
        assert pool.request("PUT", url, headers=headers, body=b"\0" * 512).status == 204
    return made
