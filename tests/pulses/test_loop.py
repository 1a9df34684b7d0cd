"""The observer's loop with its thread, on real sockets, beside a database of the test's."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.contracts.memory_versions import MemoryVersions
from tests.processes.harness import until
from tests.pulses.hosts import EPOCH, read, record, sent

from hostdown.compose import LOOK_HOSTS, LOOK_VERSIONS, Job, ObserverParts
from hostdown.drivers.pulse_socket import prepare
from hostdown.drivers.system_clock import SystemClock
from hostdown.server.jobs import JobThread
from hostdown.server.observer import Loop, Shared, share
from hostdown.services.lookout import Hearing
from hostdown.services.observers import VersionLook
from hostdown.services.pulses import PulseBook

HOST = record()
NEVER_S = 3600.0


@dataclass
class Bench:
    """An observer and a host that talks to it."""

    shared: Shared
    book: PulseBook
    versions: MemoryVersions
    client: socket.socket
    looks: list[float] = field(default_factory=list)
    signs: list[str] = field(default_factory=list)
    sequence: int = 0
    hearing: Hearing = field(default_factory=Hearing)

    def newest(self) -> int:
        """Pulse, and hear the answer."""
        self.sequence += 1
        self.client.sendto(sent(HOST, self.sequence), self.shared.pulses.getsockname())
        return read(HOST, self.client.recv(100)).newest

    def ready(self, trouble: str = "") -> None:
        self.signs.append(trouble)


@contextmanager
def observing(every_s: float, shut: list[bool] | None = None) -> Iterator[Bench]:
    """Looks at versions come each `every_s`, or when asked for; closed while `shut` holds any."""
    clock = SystemClock()
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as pulses,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
    ):
        pulses.bind(("127.0.0.1", 0))
        prepare(pulses)
        client.settimeout(10)
        bench = Bench(share(pulses), PulseBook(EPOCH, clock), MemoryVersions(), client)
        bench.book.learn(HOST)
        look = VersionLook(bench.versions, bench.book.learn_versions)

        def work() -> None:
            bench.looks.append(clock.monotonic())
            look.look()

        both = [Job(name, every_s, work) for name in (LOOK_HOSTS, LOOK_VERSIONS)]
        jobs = JobThread(both, clock.monotonic)
        parts = ObserverParts(bench.book, bench.hearing, (), lambda: not shut, lambda: None)
        told, teller = socket.socketpair()
        loop = Loop(bench.shared, told, parts, jobs, bench.ready)
        thread = threading.Thread(target=loop.run)
        jobs.start()
        thread.start()
        try:
            yield bench
        finally:
            teller.send(b"x")
            thread.join(10)
            jobs.stop(5)
            for end in (told, teller):
                end.close()
            bench.shared.close()
            assert not thread.is_alive()


def test_a_pulse_is_answered_with_the_version_that_the_last_look_found() -> None:
    with observing(0.02) as bench:
        assert bench.newest() == 0
        for _ in range(2):
            version = bench.versions.change(HOST.id)
            until(lambda version=version: bench.newest() == version)  # type: ignore[misc] # a lambda's default


def test_a_nudge_makes_it_look_at_once() -> None:
    with observing(NEVER_S) as bench:
        until(lambda: bench.looks)
        for _ in range(3):
            version = bench.versions.change(HOST.id)
            bench.shared.nudges.tell()
            until(lambda version=version: bench.newest() == version)  # type: ignore[misc] # a lambda's default


def test_a_thousand_nudges_at_once_are_a_few_looks() -> None:
    with observing(NEVER_S) as bench:
        for _ in range(1000):
            bench.shared.nudges.tell()
        version = bench.versions.change(HOST.id)
        bench.shared.nudges.tell()
        until(lambda: bench.newest() == version)
        assert len(bench.looks) < 50


def test_a_nonce_that_is_not_known_makes_it_look_at_once() -> None:
    with observing(NEVER_S) as bench:
        until(lambda: bench.looks)
        before = len(bench.looks)
        bench.client.sendto(sent(record(session=2), 1), bench.shared.pulses.getsockname())
        until(lambda: len(bench.looks) > before)


def test_pulses_wait_until_it_knows_the_hosts_and_keep_their_time() -> None:
    shut = [True]
    with observing(NEVER_S, shut) as bench:
        bench.client.sendto(sent(HOST, 1), bench.shared.pulses.getsockname())
        sent_ns = SystemClock().pair_ns()[1]
        threading.Event().wait(0.3)
        assert bench.book.taken == 0
        shut.clear()
        assert read(HOST, bench.client.recv(100)).sequence == 1
        newest_ns = bench.book.newest_ns(HOST.id)
        assert newest_ns is not None
        assert newest_ns < sent_ns + 10**8


def test_it_gives_signs_of_life_and_counts_for_everybody() -> None:
    with observing(NEVER_S) as bench:
        bench.newest()
        bench.client.sendto(b"noise", bench.shared.pulses.getsockname())
        until(lambda: bench.shared.tally.read()["pulse-malformed"] == 1)
        assert bench.shared.tally.read()["taken"] == 1
        until(lambda: len(bench.signs) > 1)
        assert set(bench.signs) == {""}


def test_it_knows_up_to_when_it_has_heard_all_while_nothing_comes() -> None:
    shut = [True]
    with observing(NEVER_S, shut) as bench:
        assert bench.hearing.since_ns is None
        shut.clear()
        until(lambda: bench.hearing.since_ns is not None)
        before = bench.hearing.until_ns
        until(lambda: bench.hearing.until_ns > before)
        assert bench.hearing.until_ns <= SystemClock().pair_ns()[1]
