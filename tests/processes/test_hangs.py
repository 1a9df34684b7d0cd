"""A worker that hangs, in each way that there is, is replaced; one that is only slow is not."""

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.processes.harness import Server, children, gone, serving, until

LIMIT_S = 2


@contextmanager
def hanging(place: Path, **options: object) -> Iterator[Server]:
    """A started server with the application that hangs when asked."""
    limits = {"worker_timeout": LIMIT_S, "workers": 1, "threads": 2} | options
    server = Server(place, {"server": limits}, command=("tests.processes.hanging",))
    server.start()
    try:
        yield server
    finally:
        assert server.process is not None
        left = children(server.pid)
        server.process.kill()
        server.ended()
        for pid in left:
            until(lambda pid=pid: gone(pid))  # type: ignore[misc] # a lambda's default


def asked(server: Server, path: str) -> socket.socket:
    """A connection on which `path` was asked for."""
    host, _, port = server.url.partition("://")[2].rpartition(":")
    connection = socket.create_connection((host, int(port)), timeout=30)
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    return connection


def replaced(server: Server, pid: int) -> None:
    """Wait for another worker in the place of `pid`."""
    until(lambda: server.workers() and pid not in server.workers(), 20)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        pytest.param("/deadlock", "no seat of a request came free", marks=pytest.mark.long),
        ("/loop", "no seat of a request came free"),
        ("/holds-the-interpreter", "it has not answered itself"),
        pytest.param("/job", "one background job has not ended", marks=pytest.mark.long),
    ],
)
def test_a_worker_that_hangs_is_killed_and_replaced_and_the_log_says_why(
    tmp_path: Path, path: str, said: str
) -> None:
    with hanging(tmp_path) as server:
        (victim,) = server.workers()
        hung = [asked(server, path) for _ in range(2)]
        replaced(server, victim)
        assert server.get() == 200
        assert f"(pid {victim}) hangs, so it is killed: for [server] worker_timeout" in server.log
        assert said in server.log
        for connection in hung:
            connection.close()


@pytest.mark.long
def test_what_waits_at_a_stopped_worker_is_served_by_the_next(tmp_path: Path) -> None:
    with serving(tmp_path, server={"worker_timeout": LIMIT_S, "workers": 1}) as server:
        (victim,) = server.workers()
        os.kill(victim, signal.SIGSTOP)
        until(lambda: f"(pid {victim}) was stopped" in server.log)
        with asked(server, "/healthz") as waiting:
            assert waiting.makefile("rb").read().startswith(b"HTTP/1.1 200")
        assert victim not in server.workers()


@pytest.mark.long
def test_requests_that_are_only_slow_kill_nobody(tmp_path: Path) -> None:
    """They end more often than the limit, though all seats are taken for longer than that."""
    with hanging(tmp_path) as server:
        before = server.workers()
        slow = [asked(server, "/slow") for _ in range(8)]
        for connection in slow:
            assert connection.makefile("rb").read().startswith(b"HTTP/1.1 200")
            connection.close()
        assert server.workers() == before


@pytest.mark.long
def test_a_server_that_was_stopped_as_a_whole_goes_on_with_the_workers_it_has(
    tmp_path: Path,
) -> None:
    """A laptop that slept, a virtual machine that was paused: nobody was silent alone."""
    pause = threading.Event()
    with serving(tmp_path, server={"worker_timeout": LIMIT_S, "workers": 2}) as server:
        before = server.workers()
        family = [server.pid, *before]
        for pid in family:
            os.kill(pid, signal.SIGSTOP)
        pause.wait(2 * LIMIT_S)
        for pid in family:
            os.kill(pid, signal.SIGCONT)
        until(lambda: server.log.count("goes on") == 2)
        assert server.get() == 200
        pause.wait(2 * LIMIT_S)
        assert server.workers() == before


@pytest.mark.long
def test_workers_that_serve_tls_are_proven_alive_too(
    tmp_path: Path, certificate: tuple[Path, Path]
) -> None:
    cert, key = certificate
    options = {"worker_timeout": LIMIT_S, "workers": 2, "tls_cert": cert, "tls_key": key}
    pause = threading.Event()
    with serving(tmp_path, server=options, api={"auth_strategy": "noauth2"}) as server:
        before = server.workers()
        pause.wait(2 * LIMIT_S)
        assert server.workers() == before
        os.kill(min(before), signal.SIGSTOP)
        replaced(server, min(before))
