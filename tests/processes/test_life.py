"""How a server starts, is killed, replaces its processes and ends."""

import os
import random
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.processes.harness import Server, Stream, children, gone, open_connections, serving, until

ENDS = [
    signal.SIGKILL,
    *(pytest.param(each, marks=pytest.mark.long) for each in (signal.SIGSEGV, signal.SIGTERM)),
]


@contextmanager
def two_workers(place: Path) -> Iterator[Server]:
    noauth2: dict[str, object] = {"auth_strategy": "noauth2"}
    with serving(place, server={"workers": 2}, api=noauth2) as running:
        yield running


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with two_workers(tmp_path_factory.mktemp("lasting")) as running:
        yield running


@pytest.fixture
def server(lasting: Server) -> Iterator[Server]:
    """One that outlives the test, with the configuration that it had."""
    options = {name: dict(values) for name, values in lasting.options.items()}
    yield lasting
    lasting.options = options
    lasting.write()


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Server]:
    """One of the test's own, which it may end."""
    with two_workers(tmp_path) as running:
        yield running


def test_the_supervisor_has_one_thread_and_recognisable_children(server: Server) -> None:
    assert len(os.listdir(f"/proc/{server.pid}/task")) == 1
    assert Path(f"/proc/{server.pid}/comm").read_text().strip() == "hostdown"
    assert sorted(server.workers().values()) == ["hostdown: api 1", "hostdown: api 2"]
    assert server.get() == 200


@pytest.mark.parametrize("number", ENDS)
def test_a_killed_worker_is_started_anew_and_the_other_is_not_touched(
    server: Server, number: int
) -> None:
    victim, other = server.workers()
    os.kill(victim, number)
    until(lambda: len(server.workers()) == 2 and victim not in server.workers())
    assert other in server.workers()
    assert server.get() == 200


def test_a_worker_that_is_stopped_is_told_of_with_what_to_do(server: Server) -> None:
    pid = min(server.workers())
    os.kill(pid, signal.SIGSTOP)
    try:
        until(lambda: f"(pid {pid}) was stopped by SIGSTOP" in server.log)
        assert f"kill -CONT {pid}" in server.log
        assert "[server] worker_timeout" in server.log
    finally:
        os.kill(pid, signal.SIGCONT)
    until(lambda: f"(pid {pid}) goes on" in server.log)
    assert pid in server.workers()


def test_no_connection_is_refused_while_workers_are_killed(server: Server) -> None:
    """The socket is the supervisor's: what waits in it is taken by whoever lives."""
    chosen = random.Random(1)
    with Stream(f"{server.url}/healthz", keep_alive=False) as stream:
        for _ in range(10):
            victim = chosen.choice(sorted(server.workers()))
            os.kill(victim, signal.SIGKILL)
            until(lambda victim=victim: victim not in server.workers())  # type: ignore[misc] # a lambda's default
            until(lambda: len(server.workers()) == 2)
        # On a busy machine none of them may have lived long enough to answer.
        until(lambda: stream.statuses)
    assert set(stream.statuses) == {200}
    assert [error for error in stream.errors if "refused" in error] == []


@pytest.mark.long
def test_the_port_can_be_bound_at_once_after_the_supervisor_was_killed(mortal: Server) -> None:
    for _ in range(2):
        left = [mortal.pid, *children(mortal.pid)]
        mortal.kill()
        mortal.start()
        assert mortal.get() == 200
        assert all(gone(pid) for pid in left)


def test_sigterm_lets_a_request_end_and_exits_with_0(mortal: Server) -> None:
    with _half_a_request(mortal) as connection:
        mortal.signal(signal.SIGTERM)
        until(lambda: "requests get" in mortal.log)
        connection.sendall(b"5678")
        # This reads until the server closes. It says so in the answer only if the worker heard
        # of the end before it answered, which nobody promises.
        answer = connection.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 ")
    assert mortal.stop() == 0


@pytest.mark.long
def test_sigterm_cuts_a_request_that_does_not_end_in_time(tmp_path: Path) -> None:
    with (
        serving(tmp_path, server={"drain_timeout": 0.3}) as server,
        _half_a_request(server) as connection,
    ):
        assert server.stop() == 0
        assert connection.makefile("rb").read() == b""
        assert "drain_timeout" in server.log


def test_ctrl_c_on_the_whole_group_is_an_orderly_end(mortal: Server) -> None:
    with _half_a_request(mortal) as connection:
        for pid in [*children(mortal.pid), mortal.pid]:
            os.kill(pid, signal.SIGINT)
        until(lambda: "requests get" in mortal.log)
        connection.sendall(b"5678")
        assert connection.makefile("rb").read().startswith(b"HTTP/1.1 ")
    assert mortal.stop() == 0


def test_sighup_replaces_all_workers_without_a_refused_or_reset_request(server: Server) -> None:
    url = f"{server.url}/healthz"
    with Stream(url, keep_alive=True) as kept, Stream(url, keep_alive=False) as single:
        for _ in range(3):
            before = set(server.workers())
            server.signal(signal.SIGHUP)
            until(lambda before=before: len(set(server.workers()) - before) == 2)  # type: ignore[misc] # a lambda's default
            until(lambda before=before: not before & set(server.workers()))  # type: ignore[misc] # a lambda's default
    for stream in (kept, single):
        assert stream.errors == []
        assert set(stream.statuses) == {200}
        assert len(stream.statuses) > 100


@pytest.mark.long
def test_another_number_of_workers_at_sighup_needs_a_restart(server: Server) -> None:
    before = server.workers()
    server.set("server", workers=3)
    server.signal(signal.SIGHUP)
    until(lambda: "number of workers changes only with a restart" in server.log)
    assert server.workers() == before
    assert server.get() == 200


@pytest.mark.long
def test_a_burst_of_connections_is_spread_over_the_workers(server: Server) -> None:
    port = int(server.url.rpartition(":")[2])
    address = ("127.0.0.1", port)
    burst = [socket.create_connection(address) for _ in range(64)]
    try:
        for connection in burst:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        taken = [open_connections(pid, port) for pid in server.workers()]
        assert sum(taken) >= len(burst)
        assert min(taken) > len(burst) // 8
    finally:
        for connection in burst:
            connection.close()


def test_a_bad_configuration_at_sighup_changes_nothing(server: Server) -> None:
    before = server.workers()
    server.set("server", threads="many")
    server.signal(signal.SIGHUP)
    until(lambda: "[server] threads" in server.log)
    assert "goes on with the configuration it has" in server.log
    assert server.workers() == before
    assert server.get() == 200


@pytest.mark.long
def test_another_state_directory_at_sighup_needs_a_restart(server: Server) -> None:
    before = server.workers()
    server.set("DEFAULT", state_path=server.directory / "elsewhere")
    server.signal(signal.SIGHUP)
    until(lambda: "[DEFAULT] state_path, [directory], [cell]" in server.log)
    assert server.workers() == before
    assert server.get() == 200


def test_a_second_server_on_the_same_state_is_refused_and_told_who_has_it(server: Server) -> None:
    second = Server(server.directory / "second", {"DEFAULT": dict(server.options["DEFAULT"])})
    assert second.launch().ended() == 1
    assert f"Process {server.pid} already serves" in second.log
    assert server.get() == 200


@pytest.mark.long
def test_a_second_server_on_the_same_port_is_refused_and_told_who_has_it(server: Server) -> None:
    port = server.options["server"]["bind_port"]
    second = Server(server.directory / "second", {"server": {"bind_port": port}})
    assert second.launch().ended() == 1
    assert f"in use by process {server.pid}" in second.log
    assert server.get() == 200


@pytest.mark.long
def test_another_address_of_the_machine_may_use_the_same_port(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as neighbour:
        port = neighbour.getsockname()[1]
        place: dict[str, object] = {"bind_host": "127.0.0.2", "bind_port": port, "workers": 2}
        with serving(tmp_path, server=place) as server:
            assert server.url == f"http://127.0.0.2:{port}"
            assert server.get() == 200


@pytest.mark.long
def test_systemd_is_told_when_it_is_ready_reloads_and_stops(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(10)
        server = Server(tmp_path, environ={"NOTIFY_SOCKET": str(tmp_path / "notify")}).start()
        assert listener.recv(100) == b"READY=1"
        server.signal(signal.SIGHUP)
        assert listener.recv(100).startswith(b"RELOADING=1\nMONOTONIC_USEC=")
        assert listener.recv(100) == b"READY=1"
        assert server.stop() == 0
        assert listener.recv(100) == b"STOPPING=1"


@pytest.mark.long
@pytest.mark.parametrize(("process", "signs"), [({}, 3), ({"WATCHDOG_PID": "1"}, 0)])
def test_a_watchdog_of_systemd_is_kept_quiet_if_it_is_ours(
    tmp_path: Path, process: dict[str, str], signs: int
) -> None:
    told: list[bytes] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(10)
        environ = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "100000"}
        server = Server(tmp_path, environ=environ | process).start()
        while b"READY=1" not in told or told.count(b"WATCHDOG=1") < signs:
            told.append(listener.recv(100))
        assert server.stop() == 0
        while b"STOPPING=1" not in told:
            told.append(listener.recv(100))
    assert (b"WATCHDOG=1" in told) == bool(signs)


def _half_a_request(server: Server) -> socket.socket:
    """A request that is inside a worker, with half of its body still to come.

    That a first request was answered shows that a worker has accepted the connection; what the
    kernel alone has accepted may be reset when the last server on the port ends.
    """
    host, _, port = server.url.removeprefix("http://").rpartition(":")
    connection = socket.create_connection((host, int(port)), timeout=10)
    connection.sendall(b"OPTIONS / HTTP/1.1\r\nHost: x\r\n\r\n")
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(1000)
    assert b"content-length: 0" in answer.lower(), answer
    connection.sendall(
        b"PUT /v2.1/os-services/disable HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Content-Length: 8\r\n\r\n1234"
    )
    until(lambda: _received_all(connection))
    return connection


def _received_all(connection: socket.socket) -> bool:
    """Whether the other side's kernel has everything, as TCP's count of what is unacked tells."""
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
    return int.from_bytes(info[24:28], "little") == 0
