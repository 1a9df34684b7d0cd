"""What a pulse costs an observer, and whether one is lost, by real processes on loopback.

The cost is processor time of the observer's process over pulses that were answered: reading one,
its MAC, its answer's MAC, sending that. The sender makes its datagrams before the clock starts.
"""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple

from benchmarks import bed
from benchmarks.processor import cpu_s
from hostdown.domain import pulse
from hostdown.domain.model import HostRecord
from hostdown.services.directory_ports import DirectoryRows
from hostdown.storage import DatabaseSettings, open_storage
from hostdown.storage.settings import STATEMENT_TIMEOUT_S

LOADS = {1_000: (20_000,), 10_000: (2_000, 20_000, 50_000)}
"""Pulses a second, by the hosts that send them, on two paths: 1,000 send ten on each; of 10,000 all
are silent most of the time at 2,000, and each sends five at 50,000."""
CHUNK_S = 0.002
"""The sender sends what is due this often."""
DRAIN_S = 10.0
REREAD_S = STATEMENT_TIMEOUT_S + 1.0
TRIES = 300
FIRST, APART = 1000, 10_000_000
"""Where the sequences of a run begin."""


class Figures(NamedTuple):
    """Of one rate: sent a second, µs of processor time a pulse, lost, unanswered."""

    rate: float
    cost_us: float
    lost: int
    unanswered: int


def measured(seconds: float) -> Iterator[tuple[int, int, Figures]]:
    """By the hosts and the rate that was asked for; on SQLite."""
    for hosts, rates in LOADS.items():
        with bed.server("sqlite", hosts, workers=1) as server:
            time.sleep(REREAD_S)  # noqa: TID251 - hosts that are so new are read again and again
            for number, rate in enumerate(rates):
                yield hosts, rate, _run(server, rate, seconds, FIRST + number * APART)


def _run(server: bed.Server, rate: int, seconds: float, first: int) -> Figures:
    observer = _observer(server.pid)
    epoch = _epoch(server)
    place = ("127.0.0.1", server.port)
    with _client() as sock:
        _until_heard(sock, place, server.hosts[0], epoch, first)
        datagrams = _datagrams(server.hosts, epoch, first, round(rate * seconds))
        before, cpu_before = _counts(server), cpu_s([observer])
        began = time.perf_counter()
        _send(sock, place, datagrams, rate)
        took = time.perf_counter() - began
        done = _settled(server, before["taken"] + len(datagrams))
        used_s = cpu_s([observer]) - cpu_before
    taken = done["taken"] - before["taken"]
    return Figures(
        rate=len(datagrams) / took,
        cost_us=used_s / max(taken, 1) * 1e6,
        lost=len(datagrams) - taken,
        unanswered=done["unanswered"] - before["unanswered"],
    )


def _send(sock: socket.socket, place: tuple[str, int], datagrams: list[bytes], rate: int) -> None:
    """At an even pace; answers are left to the kernel, which drops what it has no room for."""
    began, number = time.perf_counter(), 0
    while number < len(datagrams):
        due = min(round((time.perf_counter() - began) * rate), len(datagrams))
        for datagram in datagrams[number:due]:
            sock.sendto(datagram, place)
        number = max(number, due)
        time.sleep(CHUNK_S)  # noqa: TID251 - a sender that spins would take the observer's core


def _datagrams(hosts: list[HostRecord], epoch: bytes, first: int, count: int) -> list[bytes]:
    """Host after host, as thousands of agents would send them."""
    made = []
    speaking = [
        (
            pulse.host_bytes(host.id),
            pulse.keys(host.secret).pulse,
            pulse.boot_tag(host.boot_id),
            pulse.nonce_of(host.secret, epoch, host.session, host.boot_id),
        )
        for host in hosts
    ]
    for number in range(count):
        host, mac, tag, nonce = speaking[number % len(speaking)]
        path = number // len(speaking) % 2
        said = pulse.Pulse(host, path, tag, first + number, 0, nonce)
        made.append(pulse.pack_pulse(said, mac))
    return made


@contextmanager
def _client() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(0.1)
        yield sock


def _until_heard(
    sock: socket.socket, place: tuple[str, int], host: HostRecord, epoch: bytes, first: int
) -> None:
    signing = pulse.keys(host.secret)
    nonce = pulse.nonce_of(host.secret, epoch, host.session, host.boot_id)
    for sequence in range(first - TRIES, first):
        said = pulse.Pulse(
            pulse.host_bytes(host.id), 0, pulse.boot_tag(host.boot_id), sequence, 0, nonce
        )
        sock.sendto(pulse.pack_pulse(said, signing.pulse), place)
        try:
            answer = pulse.unpack_answer(sock.recv(100), signing.answer)
        except TimeoutError:
            continue
        if answer is not None and not answer.report_now:
            return
    raise TimeoutError("no pulse was answered")


def _settled(server: bed.Server, taken: int) -> dict[str, int]:
    """The counts once all were taken, or when no more can come."""
    counts, deadline = _counts(server), time.perf_counter() + DRAIN_S
    while counts["taken"] < taken and time.perf_counter() < deadline:
        time.sleep(0.1)  # noqa: TID251 - an observer keeps its counts to itself for longer
        counts = _counts(server)
    return counts


def _counts(server: bed.Server) -> dict[str, int]:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("GET", "/healthz")
    counts: dict[str, int] = json.load(connection.getresponse())["pulses"]
    connection.close()
    return counts


def _observer(supervisor: int) -> int:
    for child in Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split():
        if "obser" in Path(f"/proc/{child}/comm").read_text():
            return int(child)
    raise LookupError("the server has no observer")


def _epoch(server: bed.Server) -> bytes:
    def read(rows: DirectoryRows) -> bytes:
        (observer,) = rows.observers.all()
        return observer.epoch

    settings = DatabaseSettings(server.database, server.database)
    deadline = time.perf_counter() + DRAIN_S
    while True:
        storage = open_storage(settings)
        try:
            return storage.directory.read(read)
        except ValueError:
            if time.perf_counter() > deadline:
                raise
        finally:
            storage.close()
