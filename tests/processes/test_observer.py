"""The process that hears pulses: killed, replaced, fooled, flooded; and what it leaves behind."""

import itertools
import os
import random
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3
from tests.agent.test_processes import agent, ask
from tests.processes.harness import Server, children, gone, serving, until
from tests.processes.seed import sqlite_file
from tests.pulses.hosts import read, record, sent
from tests.stores import sqlite_settings

from hostdown.domain.pulse import Answer
from hostdown.services.directory_ports import DirectoryRows
from hostdown.storage import open_storage

HOST = record()
NOAUTH2: dict[str, object] = {"auth_strategy": "noauth2"}
SELDOM: dict[str, object] = {"report_interval": 60, "service_down_time": 300}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that knows HOST, in its first session; whoever kills it starts it again."""
    place = tmp_path_factory.mktemp("observer")
    (place / "state").mkdir(mode=0o700)
    storage = open_storage(sqlite_settings(place / "state"))
    storage.directory.write(lambda rows: rows.hosts.add(HOST))
    storage.close()
    with serving(place, DEFAULT=SELDOM, api=NOAUTH2) as running:
        yield running


def epoch(server: Server) -> bytes:
    """Of the observer that is there now, or soon: a server answers before it hears."""

    def read_it(rows: DirectoryRows) -> bytes:
        return next((each.epoch for each in rows.observers.all()), b"")

    storage = open_storage(sqlite_file(server.directory / "state"))
    try:
        until(lambda: storage.directory.read(read_it))
        return storage.directory.read(read_it)
    finally:
        storage.close()


def counts(server: Server) -> dict[str, int]:
    numbers: dict[str, int] = urllib3.request("GET", f"{server.url}/healthz").json()["pulses"]
    return numbers


def observer(server: Server) -> int:
    (pid,) = [p for p, name in children(server.pid).items() if name == "hostdown: obser"]
    return pid


class Line:
    """HOST's end of pulses."""

    def __init__(self, server: Server) -> None:
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.settimeout(5)
        self.place = ("127.0.0.1", int(server.url.rpartition(":")[2]))

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()

    def send(self, datagram: bytes) -> None:
        self.sock.sendto(datagram, self.place)

    def ask(self, datagram: bytes) -> Answer:
        self.send(datagram)
        return read(HOST, self.sock.recv(100))


SEQUENCE = itertools.count(1)


def answers(line: Line, number: bytes) -> bool:
    """Whether a pulse counts that was made with this epoch."""
    datagram = sent(HOST, next(SEQUENCE), epoch=number)
    answer = answer_or_none(line, datagram)
    return answer is not None and not answer.report_now


def answer_or_none(line: Line, datagram: bytes) -> Answer | None:
    line.sock.settimeout(0.1)
    try:
        return line.ask(datagram)
    except TimeoutError:
        return None
    finally:
        line.sock.settimeout(5)


def test_a_pulse_is_answered_and_a_refused_one_is_seen_by_administrators(server: Server) -> None:
    with Line(server) as line:
        number = epoch(server)
        until(lambda: answers(line, number))
        good = sent(HOST, next(SEQUENCE), epoch=number)
        assert not line.ask(good).report_now
        for _ in range(3):
            line.send(good)
        line.send(sent(record(2), 1, epoch=number))
        until(lambda: counts(server)["pulse-replayed"] == 3)
        assert counts(server)["pulse-unknown-host"] == 1

        def shown() -> dict[str, int]:
            refused = ask(server, "GET", "/agent/v1/hosts/compute1")["host"]["refused"]
            return {each["reason"]: each["times"] for each in refused}

        until(lambda: shown().get("pulse-replayed") == 3)


def test_captured_pulses_keep_nobody_alive_after_a_restart_of_the_server(server: Server) -> None:
    old = epoch(server)
    captured = [sent(HOST, next(SEQUENCE), epoch=old) for _ in range(100)]
    with Line(server) as line:
        until(lambda: answers(line, old))
        server.kill()
        server.start()
        until(lambda: epoch(server) != old)
        for datagram in captured:
            line.send(datagram)
        until(lambda: counts(server)["pulse-old-nonce"] >= len(captured))

        def told() -> bool:
            answer = answer_or_none(line, captured[0])
            return answer is not None and answer.report_now

        until(told)
        assert counts(server)["taken"] == 0
        until(lambda: answers(line, epoch(server)))


def test_neither_noise_of_any_length_nor_a_flood_of_it_stops_valid_pulses(server: Server) -> None:
    chosen = random.Random(7)
    number, pid, before = epoch(server), observer(server), counts(server)
    with Line(server) as line:
        until(lambda: answers(line, number))
        for _ in range(40):
            good = sent(HOST, next(SEQUENCE), epoch=number)
            for length in [*range(130), 1400, 65_507]:
                line.send(chosen.randbytes(length))
            for at in range(64):
                spoilt = bytearray(good)
                spoilt[at] ^= 1 + chosen.randrange(255)
                line.send(bytes(spoilt))
            assert not line.ask(good).report_now
    assert observer(server) == pid
    until(lambda: counts(server)["pulse-malformed"] >= before["pulse-malformed"] + 40 * 130)
    assert counts(server)["lost"] == 0


def test_after_kill_9_of_the_observer_pulses_go_on_without_waiting_for_a_report(
    server: Server,
) -> None:
    with agent(server, "compute9"):
        until(lambda: counts(server)["taken"] > 5)
        victim, old = observer(server), epoch(server)
        os.kill(victim, signal.SIGKILL)
        until(lambda: epoch(server) != old)
        taken = counts(server)["taken"]
        until(lambda: counts(server)["taken"] > taken + 5, 5)
        assert victim not in children(server.pid)
        assert f"observer 1 (pid {victim}) was killed by SIGKILL" in server.log


def test_sighup_replaces_the_observer_and_pulses_go_on(server: Server) -> None:
    with agent(server, "compute9"):
        until(lambda: counts(server)["taken"] > 5)
        before = observer(server)
        server.signal(signal.SIGHUP)
        until(lambda: "All processes run with the new configuration" in server.log)
        until(lambda: gone(before))
        taken = counts(server)["taken"]
        until(lambda: counts(server)["taken"] > taken + 5, 5)
    assert server.stop() == 0
    server.start()


@pytest.mark.long
def test_the_observer_ends_with_its_supervisor_and_its_port_is_free(server: Server) -> None:
    place = ("127.0.0.1", int(server.url.rpartition(":")[2]))
    left = observer(server)
    server.kill()
    until(lambda: gone(left), 1)
    until(lambda: can_be_bound(place), 1)
    server.start()


def can_be_bound(place: tuple[str, int]) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.bind(place)
        except OSError:
            return False
        return True


def test_an_observer_that_hangs_is_replaced(tmp_path: Path) -> None:
    with serving(tmp_path, server={"worker_timeout": 1}, api=NOAUTH2) as server:
        victim = observer(server)
        os.kill(victim, signal.SIGSTOP)
        until(lambda: gone(victim))
        until(lambda: "hostdown: obser" in children(server.pid).values())
        assert server.get() == 200


def test_a_udp_port_that_is_taken_is_told_with_who_has_it_and_what_to_do(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.1", 0))
        port = holder.getsockname()[1]
        server = Server(tmp_path, {"server": {"pulse_port": port}})
        assert server.launch().ended() == 1
        assert f"127.0.0.1:{port}/udp is in use by process {os.getpid()}" in server.log
        assert "pulse_port" in server.log


@pytest.mark.long
def test_without_pulses_there_is_no_observer_and_that_changes_only_with_a_restart(
    tmp_path: Path,
) -> None:
    with serving(tmp_path, server={"pulses": "false"}, api=NOAUTH2) as server:
        assert list(children(server.pid).values()) == ["hostdown: api 1"]
        assert urllib3.request("GET", f"{server.url}/healthz").json()["pulses"] is None
        with agent(server, "compute1"):
            until(lambda: ask(server, "GET", "/agent/v1/hosts")["hosts"])
        server.set("server", pulses="true")
        server.signal(signal.SIGHUP)
        until(lambda: "pulses are heard changes only with a restart" in server.log)
