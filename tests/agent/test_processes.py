"""Agents and swarms as processes of their own, against a server in processes of its own."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import urllib3
from tests.processes.harness import Server, serving, until

TIMES = {"report_interval": 0.2, "service_down_time": 0.5}
CALM = {"report_interval": 5, "service_down_time": 30}
"""A host that reports so often is live for long, whatever else the machine does."""
DELETED, ENDED, REFUSED = 10, 11, 12


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    place = tmp_path_factory.mktemp("lasting")
    with serving(place, DEFAULT=TIMES, api={"auth_strategy": "noauth2"}) as started:
        yield started


@pytest.fixture
def server(lasting: Server) -> Iterator[Server]:
    """One for all tests, without a host; each has names of its own, for a deleted one is known."""
    options = {name: dict(values) for name, values in lasting.options.items()}
    yield lasting
    for name in hosts(lasting):
        ask(lasting, "DELETE", f"/v2.1/os-services/{service_id(lasting, name)}")
    lasting.options = options
    lasting.write()


def ask(server: Server, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
    headers = {"X-Auth-Token": "admin:p", "X-OpenStack-Nova-API-Version": "2.53"}
    with urllib3.PoolManager(retries=False, timeout=10) as pool:
        answer = pool.request(method, server.url + path, headers=headers, json=body)
        assert answer.status < 300, answer.data
        return answer.json() if answer.data else None


def hosts(server: Server) -> dict[str, str]:
    return {h["name"]: h["state"] for h in ask(server, "GET", "/agent/v1/hosts")["hosts"]}


def is_(server: Server, name: str, state: str) -> Callable[[], bool]:
    return lambda: hosts(server).get(name) == state


def service_id(server: Server, name: str) -> str:
    path = f"/v2.1/os-services?host={name}&binary=nova-compute"
    return str(ask(server, "GET", path)["services"][0]["id"])


class Process:
    """A `hostdown` command; its output is in a file."""

    def __init__(self, server: Server, *words: str) -> None:
        self.out = server.directory / f"out-{words[0]}-{os.urandom(4).hex()}"
        with self.out.open("w") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "hostdown", *words, "--config-file", str(server.file)],
                stdout=out,
                stderr=out,
            )

    @property
    def said(self) -> str:
        return self.out.read_text()

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def status(self) -> int:
        return self.process.wait(10)


@contextmanager
def running(server: Server, *words: str) -> Iterator[Process]:
    started = Process(server, *words)
    try:
        yield started
    finally:
        started.process.kill()
        started.process.wait()


def agent(server: Server, name: str, *words: str) -> AbstractContextManager[Process]:
    state = server.directory / f"agent-{name}"
    return running(server, "agent", "--name", name, "--state-dir", str(state), *words)


def test_an_agent_reports_stops_in_order_and_comes_back(server: Server) -> None:
    for _ in range(2):
        with agent(server, "compute1") as first:
            until(is_(server, "compute1", "up"))
            first.signal(signal.SIGTERM)
            assert first.status() == 0
        until(is_(server, "compute1", "down"))


def test_agents_that_start_before_their_server_ever_did_wait_for_its_secret(
    tmp_path: Path,
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    sections: dict[str, Any] = {
        "DEFAULT": TIMES,
        "api": {"auth_strategy": "noauth2"},
        "server": {"bind_port": port},
    }
    later = Server(tmp_path, {name: dict(values) for name, values in sections.items()})
    with agent(later, "compute1") as first, running(later, "swarm", "--names", "s1") as swarm:
        until(lambda: "no enrolment secret" in first.said and "no enrolment secret" in swarm.said)
        with serving(tmp_path, **sections) as server:
            until(lambda: hosts(server) == {"compute1": "up", "s1": "up"}, 30.0)


def test_a_stopped_or_killed_agent_goes_down_after_service_down_time(server: Server) -> None:
    with agent(server, "stopped") as first, agent(server, "killed") as second:
        until(lambda: hosts(server) == {"stopped": "up", "killed": "up"})
        first.signal(signal.SIGSTOP)
        second.signal(signal.SIGKILL)
        until(lambda: hosts(server) == {"stopped": "down", "killed": "down"})
        first.signal(signal.SIGCONT)
        until(is_(server, "stopped", "up"))


def test_the_agent_of_a_deleted_host_exits_and_a_restart_does_the_same(server: Server) -> None:
    with agent(server, "deleted") as first:
        until(is_(server, "deleted", "up"))
        ask(server, "DELETE", f"/v2.1/os-services/{service_id(server, 'deleted')}")
        assert first.status() == DELETED
        assert "was deleted from this deployment" in first.said
    with agent(server, "deleted") as again:
        assert again.status() == DELETED
    assert hosts(server) == {}
    opened = ask(server, "POST", "/agent/v1/hosts/deleted/enrolment", {})["enrolment"]
    secret = server.directory / "secret"
    secret.write_text(opened["secret"])
    server.set("agent", enrolment_secret_file=secret)
    with agent(server, "deleted", "--enroll"):
        until(is_(server, "deleted", "up"))


def test_a_second_agent_of_one_state_directory_is_refused(tmp_path: Path) -> None:
    with (
        serving(tmp_path, DEFAULT=CALM, api={"auth_strategy": "noauth2"}) as server,
        agent(server, "compute1") as first,
    ):
        until(is_(server, "compute1", "up"))
        with agent(server, "compute1") as second:
            assert second.status() == REFUSED
            assert "Another agent is running" in second.said
        with running(
            server, "agent", "--name", "compute1", "--state-dir", str(server.directory / "x")
        ) as third:
            assert third.status() == REFUSED
            assert "is reporting at this moment" in third.said
        assert first.process.poll() is None


@pytest.mark.long
def test_an_agent_outlives_its_server(server: Server) -> None:
    with agent(server, "outlives") as first:
        until(is_(server, "outlives", "up"))
        server.kill()
        until(lambda: "does not answer" in first.said)
        server.start()
        until(is_(server, "outlives", "up"))
        until(lambda: "The server answers again." in first.said)
        assert first.said.count("does not answer") == 1
        server.stop()
        server.start()


def test_a_killed_worker_loses_no_host(server: Server) -> None:
    with agent(server, "kept"):
        until(is_(server, "kept", "up"))
        for _ in range(3):
            worker = next(iter(server.workers()))
            os.kill(worker, signal.SIGKILL)
            until(lambda gone=worker: set(server.workers()) - {gone})  # type: ignore[misc] # default
            until(is_(server, "kept", "up"))


def test_an_agent_killed_anywhere_in_its_first_second_comes_up_afterwards(server: Server) -> None:
    """Among the moments: after the server enrolled it and before it stored who it is."""
    with ExitStack() as stack:
        for number in range(6):
            name = f"early{number}"
            first = stack.enter_context(agent(server, name))
            pace = 0.2 + number * 0.05
            with pytest.raises(subprocess.TimeoutExpired):
                first.process.wait(pace)
            first.signal(signal.SIGKILL)
            first.status()
            stack.enter_context(agent(server, name))
        until(lambda: list(hosts(server).values()) == ["up"] * 6)


@pytest.mark.long
def test_a_thousand_hosts_are_up_within_seconds_and_go_on_after_a_restart(tmp_path: Path) -> None:
    with serving(tmp_path, DEFAULT=CALM, api={"auth_strategy": "noauth2"}) as server:
        for _ in range(2):
            with running(server, "swarm", "--count", "1000", "--prefix", "узел-") as swarm:
                until(lambda swarm=swarm: "1000 of 1000" in swarm.said, 40)  # type: ignore[misc] # default
                until(lambda: list(hosts(server).values()) == ["up"] * 1000)
                swarm.signal(signal.SIGTERM)
                assert swarm.status() == 0
        assert {h["session"] for h in ask(server, "GET", "/agent/v1/hosts")["hosts"]} == {2}


def test_a_deleted_host_drops_out_of_a_swarm_and_the_last_one_ends_it(server: Server) -> None:
    with running(server, "swarm", "--names", "a,b", "--report-interval", "0.1") as swarm:
        until(lambda: hosts(server) == {"a": "up", "b": "up"})
        ask(server, "DELETE", f"/v2.1/os-services/{service_id(server, 'a')}")
        until(lambda: "a drops out: Host 'a' was deleted" in swarm.said)
        assert is_(server, "b", "up")()
        ask(server, "DELETE", f"/v2.1/os-services/{service_id(server, 'b')}")
        assert swarm.status() == 0
        assert len(re.findall("drops out:", swarm.said)) == 2
