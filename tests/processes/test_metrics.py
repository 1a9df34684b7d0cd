"""Metrics of a real server: at both places, of all its processes, also of those that died."""

import os
import signal
import socket
from base64 import b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import urllib3
import yaml
from tests.processes.harness import Server, children, serving, until

WELL = 'hostdown_api_requests_total{method="GET",route="/openapi.json",status="200"}'
Told = Mapping[str, float]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path, server={"workers": 2}, metrics={"bind_port": 0}) as started:
        yield started


def place(server: Server) -> str:
    """Where metrics are told to everybody, as the server says."""
    return server.said.strip().rpartition("metrics at ")[2]


def get(url: str, **headers: str) -> "urllib3.BaseHTTPResponse":
    with urllib3.PoolManager(retries=False, timeout=10) as pool:
        return pool.request("GET", url, headers={"Connection": "close", **headers})


def read(text: str) -> Told:
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    found = {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}
    assert len(found) == len(lines), "a series is there twice"
    return found


def told(server: Server) -> Told:
    """By the port of their own."""
    answer = get(place(server))
    assert answer.status == 200, answer.data
    return read(answer.data.decode())


def told_by_api(server: Server) -> Told:
    """By the API, to the first administrator by name and password."""
    clouds = yaml.safe_load((server.directory / "state" / "clouds.yaml").read_text())
    auth = clouds["clouds"]["hostdown"]["auth"]
    given = b64encode(f"{auth['username']}:{auth['password']}".encode()).decode()
    answer = get(f"{server.url}/metrics", Authorization=f"Basic {given}")
    assert answer.status == 200, answer.data
    return read(answer.data.decode())


def ask(server: Server, times: int) -> None:
    for _ in range(times):
        assert server.get("/openapi.json") == 200


def test_all_workers_are_added_up_at_both_places(server: Server) -> None:
    ask(server, 40)
    assert told(server)[WELL] == 40
    assert told_by_api(server)[WELL] == 40
    assert told_by_api(server)['hostdown_database_up{database="directory"}'] == 1
    assert 'status="401"' not in str(told(server))
    assert get(f"{server.url}/metrics").status == 401


def test_a_worker_that_is_killed_loses_no_count_and_nothing_is_counted_twice(
    server: Server,
) -> None:
    for round_ in range(3):
        ask(server, 20)
        assert told(server)[WELL] == 20 * (round_ + 1)
        before = set(server.workers())
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        until(lambda before=before: len(set(server.workers()) - before) == 2)  # type: ignore[misc] # a lambda's default
        until(lambda: server.get() == 200)
        assert told(server)[WELL] == 20 * (round_ + 1)


def test_a_reload_loses_no_count(server: Server) -> None:
    ask(server, 10)
    for _ in range(2):
        before = set(children(server.pid))
        server.signal(signal.SIGHUP)
        until(lambda before=before: not before & set(children(server.pid)), 30)  # type: ignore[misc] # a lambda's default
        ask(server, 10)
    assert told(server)[WELL] == 30
    server.set("metrics", bind_port=1)
    server.signal(signal.SIGHUP)
    until(lambda: "[metrics] bind_host, bind_port: where metrics have" in server.log)
    assert told(server)[WELL] == 30


def test_the_port_is_there_again_once_a_notifier_was_killed(server: Server) -> None:
    ask(server, 5)
    (notifier,) = [pid for pid, name in children(server.pid).items() if "notif" in name]
    os.kill(notifier, signal.SIGKILL)
    assert told(server)[WELL] == 5


def test_who_only_connects_keeps_nobody_from_being_told(server: Server) -> None:
    ask(server, 5)
    port = urllib3.util.parse_url(place(server)).port
    assert port is not None
    idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(5)]
    assert told(server)[WELL] == 5
    for each in idle:
        each.close()


def test_a_port_that_is_taken_is_told_with_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        server = Server(tmp_path, {"metrics": {"bind_port": taken.getsockname()[1]}})
        server.launch()
        assert server.ended() == 1
    assert "is in use by" in server.log
    assert "[metrics] bind_port" in server.log


def test_without_the_option_there_is_no_such_port(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        assert "metrics" not in server.said
