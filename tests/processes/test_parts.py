"""The parts of the server's processes that need no process of their own."""

import logging
import os
import socket
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from tests.processes.harness import until

from hostdown.compose import Job
from hostdown.drivers.system_clock import SystemClock
from hostdown.server import gate as gate_module
from hostdown.server.connections import Sweep
from hostdown.server.gate import (
    FORGOTTEN_BYTES_MAX,
    OWN_HEADER,
    Environ,
    Gate,
    Headers,
    StartResponse,
)
from hostdown.server.jobs import JobThread
from hostdown.server.logs import LineFormatter, masked
from hostdown.server.progress import Progress


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("X-Auth-Token: abcdef", "X-Auth-Token: ***"),
        ("{'x-subject-token': 'abcdef'}", "{'x-subject-token': '***'}"),
        ("Authorization: Bearer abcdef", "Authorization: Bearer ***"),
        ("postgresql://u:hunter2@h/d", "postgresql://u:***@h/d"),
        ('{"password": "hunter2", "name": "x"}', '{"password": "***", "name": "x"}'),
        ("adminPass password=hunter2; next", "adminPass password=***; next"),
        ("got eyJhbGciOi.eyJzdWIiOi.c2ln-_ here", "got *** here"),
        ("GET /v2.1/os-services 200", "GET /v2.1/os-services 200"),
        ("see http://127.0.0.1:8774/x", "see http://127.0.0.1:8774/x"),
    ],
)
def test_a_log_line_shows_no_secret(line: str, shown: str) -> None:
    assert masked(line) == shown


def test_a_traceback_shows_no_secret_either() -> None:
    try:
        raise ValueError("postgresql://u:hunter2@h/d")
    except ValueError as error:
        record = logging.LogRecord("n", logging.ERROR, "", 1, "failed", (), None)
        record.exc_info = (ValueError, error, error.__traceback__)
    text = LineFormatter().format(record)
    assert "Traceback" in text
    assert "hunter2" not in text


def test_jobs_run_again_and_again_also_after_a_failure_which_is_told_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    runs: list[str] = []

    def fails() -> None:
        runs.append("fails")
        if len(runs) < 12:
            raise OSError("no database")

    caplog.set_level(logging.INFO)
    jobs = [
        Job("fails", 0.01, fails),
        Job("works", 0.01, lambda: runs.append("works")),
        Job("ends", 3600, lambda: runs.append("ends"), at_end=True),
    ]
    clock = SystemClock()
    thread = JobThread(jobs, lambda: 100 * clock.monotonic())
    thread.start()
    until(lambda: runs.count("works") > 10 and "works again" in caplog.text)
    thread.stop(5)
    assert runs.count("ends") == 2
    assert runs[-1] == "ends"
    told = [r.message for r in caplog.records if r.levelno > logging.DEBUG and "fails" in r.message]
    told = [each for each in told if " took " not in each]  # by a clock that is so fast
    assert told == [
        "Job 'fails' failed and will be tried again: no database",
        "Job 'fails' works again",
    ]


def test_a_job_that_fails_now_and_then_does_not_work_again_in_between(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """With a full disk, those runs fail that have something to write."""
    runs: list[int] = []

    def fails_now_and_then() -> None:
        runs.append(len(runs))
        if len(runs) % 3 == 0:
            raise OSError("the disk is full")

    caplog.set_level(logging.INFO)
    thread = JobThread([Job("job", 0.001, fails_now_and_then)], SystemClock().monotonic)
    thread.start()
    until(lambda: len(runs) > 12)
    thread.stop(5)
    told = [each.message for each in caplog.records if "Job 'job'" in each.message]
    assert told == ["Job 'job' failed and will be tried again: the disk is full"]


def test_a_sweep_cuts_silent_connections_on_the_port_and_touches_nothing_else(
    tmp_path: Path,
) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as client,
        listener.accept()[0] as accepted,
        closing(sqlite3.connect(tmp_path / "db")) as database,
        closing(sqlite3.connect(tmp_path / "db", timeout=0)) as other,
    ):
        database.execute("BEGIN IMMEDIATE")
        port, clock = listener.getsockname()[1], SystemClock().monotonic
        before = sorted(os.listdir("/proc/self/fd"))
        Sweep(port, 60, clock)()
        accepted.sendall(b"x")
        assert client.recv(1) == b"x"
        until(lambda: _silent_ms(accepted) > 20)
        Sweep(port, 0.01, clock)()
        assert client.recv(1) == b""
        assert sorted(os.listdir("/proc/self/fd")) == before
        with pytest.raises(sqlite3.OperationalError):
            other.execute("BEGIN IMMEDIATE")


def _silent_ms(sock: socket.socket) -> int:
    info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
    return int.from_bytes(info[44:48], "little")


def test_progress_stands_still_while_all_places_are_taken_and_none_is_given_back() -> None:
    progress = Progress(2)
    assert not progress.stands_still()
    progress.begin()
    assert [progress.stands_still() for _ in range(2)] == [False, False]
    progress.begin()
    assert progress.stands_still()
    progress.end()
    progress.begin()
    assert [progress.stands_still() for _ in range(2)] == [False, True]


class Exchange:
    """What a client got."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, Headers, bytes]] = []

    def response_bytes(self, status: int, headers: Headers, body: bytes) -> None:
        self.answers.append((status, headers, body))


class Body:
    """A body that ends after what has arrived."""

    def __init__(self, arrived: bytes) -> None:
        self._arrived = arrived

    def read(self, size: int) -> bytes:
        return self._arrived[:size]


def echo(environ: Environ, start: StartResponse) -> list[bytes]:
    start("201 Created", [("x", "y")])
    source = environ["wsgi.input"]
    assert hasattr(source, "read")
    return [source.read(100)]


def test_a_request_whose_sender_left_is_never_carried_out() -> None:
    exchange = Exchange()
    Gate(echo, 1, 1000)(exchange, {"CONTENT_LENGTH": "9", "wsgi.input": Body(b"half")})
    Gate(echo, 1, 1000)(exchange, {"CONTENT_LENGTH": "4", "wsgi.input": Body(b"full")})
    assert [answer[0] for answer in exchange.answers] == [400, 201]
    assert exchange.answers[1][2] == b"full"


class Stream:
    """A body of which `left` bytes are still to come."""

    def __init__(self, left: int) -> None:
        self.left = left

    def read(self, size: int) -> bytes:
        size = min(size, self.left)
        self.left -= size
        return b"x" * size


@pytest.mark.parametrize(
    ("length", "left", "closes"),
    [
        (1000, 0, False),
        (1001, 0, False),
        (FORGOTTEN_BYTES_MAX, 0, False),
        (2 * FORGOTTEN_BYTES_MAX, FORGOTTEN_BYTES_MAX - 1001, True),
    ],
)
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_long_is_received_or_ends_its_connection(
    length: int, left: int, closes: bool, chunked: bool
) -> None:
    body, exchange = Stream(length), Exchange()
    size = {"HTTP_TRANSFER_ENCODING": "chunked"} if chunked else {"CONTENT_LENGTH": str(length)}
    Gate(echo, 1, 1000)(exchange, {**size, "wsgi.input": body})
    assert body.left == left
    assert (("connection", "close") in exchange.answers[0][1]) == closes


def test_a_gate_that_closes_asks_for_the_end_of_every_connection() -> None:
    gate, exchange = Gate(echo, 1, 1000), Exchange()
    gate.close_connections()
    gate(exchange, {"wsgi.input": Body(b"")})
    assert ("connection", "close") in exchange.answers[0][1]


def test_only_its_own_question_counts_as_its_own() -> None:
    gate, exchange = Gate(echo, 1, 1000), Exchange()
    header = f"HTTP_{OWN_HEADER.upper().replace('-', '_')}"
    for name in ("", "somebody", gate.own_name):
        gate(exchange, {header: name, "wsgi.input": Body(b"")})
    assert exchange.answers == [(204, [], b"")] * 3
    assert gate.own_questions == 1


def test_an_application_that_fails_is_answered_for_and_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fails(_: Environ, __: StartResponse) -> list[bytes]:
        raise LookupError("defect")

    exchange = Exchange()
    Gate(fails, 1, 1000)(exchange, {"wsgi.input": Body(b"")})
    assert exchange.answers == [(500, [], b"")]
    assert "defect" in caplog.text


def test_no_more_requests_than_seats_are_inside_the_application() -> None:
    inside, most, hold = [0], [0], threading.Event()

    def slow(_: Environ, start: StartResponse) -> list[bytes]:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        hold.wait(0.05)
        inside[0] -= 1
        start("200 OK", [])
        return []

    gate, exchange = Gate(slow, 2, 1000), Exchange()
    calls = [threading.Thread(target=gate, args=(exchange, {})) for _ in range(8)]
    for call in calls:
        call.start()
    for call in calls:
        call.join()
    assert most[0] == 2
    assert len(exchange.answers) == 8
    assert gate.wait_empty(0)


def test_a_request_that_finds_no_seat_is_turned_away_and_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gate_module, "SEAT_WAIT_S", 0.05)
    entered, leave = threading.Event(), threading.Event()
    away: list[int] = []

    def slow(_: Environ, start: StartResponse) -> list[bytes]:
        entered.set()
        leave.wait(10)
        start("200 OK", [])
        return []

    gate, exchange = Gate(slow, 1, 1000, turned_away=away.append), Exchange()
    first = threading.Thread(target=gate, args=(exchange, {}))
    first.start()
    assert entered.wait(10)
    gate(exchange, {})
    leave.set()
    first.join()
    assert sorted(status for status, *_ in exchange.answers) == [200, 503]
    assert away == [503]
