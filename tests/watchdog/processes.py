"""A real petter with a lab's timer, a pool and a server that grants, all of this process."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.processes.harness import until
from tests.watchdog.things import HOST

from hostdown.agent.watch_terms import (
    GrantingObserver,
    GrantTerms,
    PoolTerms,
    WatchFiles,
    WatchTerms,
)
from hostdown.domain.pulse import Answer, host_bytes, mac_under, pack_answer, unpack_pulse
from hostdown.drivers.linux_machine import LinuxMachine
from hostdown.drivers.pool import init_pool
from hostdown.drivers.system_clock import SystemClock
from hostdown.lab import watchdog

NONCE, PULSE_KEY, ANSWER_KEY = b"n" * 8, b"p" * 32, b"a" * 32


class Serving:
    """A thread that answers datagrams to a socket."""

    def __init__(self, sock: socket.socket, serve: Callable[[socket.socket], None]) -> None:
        self._sock, self._serve, self._ends = sock, serve, False
        sock.setblocking(True)
        sock.settimeout(0.05)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._ends:
            try:
                self._serve(self._sock)
            except TimeoutError:
                continue

    def close(self) -> None:
        self._ends = True
        self._thread.join()
        self._sock.close()


class LabHost(Serving):
    """Pid 1 of a lab's host, as far as it holds the watchdog. It resets nothing."""

    def __init__(self, path: Path) -> None:
        self.path, self.timer, self.pets = path, watchdog.Timer(), 0
        self._clock = SystemClock()
        super().__init__(watchdog.listen(path), self._hear)

    def _hear(self, sock: socket.socket) -> None:
        before = self.timer.due_at
        watchdog.serve(sock, self.timer, self._clock.monotonic())
        self.pets += self.timer.due_at != before


class Granting(Serving):
    """A server that grants as long as it `grants`."""

    def __init__(self) -> None:
        self.grants, self.asked = True, 0
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(("127.0.0.1", 0))
        self.place = sock.getsockname()
        super().__init__(sock, self._hear)

    def _hear(self, sock: socket.socket) -> None:
        datagram, sender = sock.recvfrom(100)
        pulse = unpack_pulse(datagram)
        assert pulse is not None
        self.asked += 1
        said = Answer(host_bytes(HOST), pulse.sequence, 0, pulse.nonce, False, self.grants)
        sock.sendto(pack_answer(said, mac_under(ANSWER_KEY)), sender)


class Host:
    """What a petter finds: its state directory, a pool, a timer, a server."""

    def __init__(self, place: Path) -> None:
        self.state, self.pool = place / "agent", place / "pool"
        self.state.mkdir(mode=0o700)
        self.pool_id = init_pool(self.pool)
        self.files = WatchFiles(self.state)
        self.lab, self.server = LabHost(place / "run" / "watchdog"), Granting()
        self.petter: subprocess.Popen[str] | None = None

    def put_terms(self, pool: bool = True, grants: bool = True) -> None:
        """What its agent would write."""
        pools = (PoolTerms(self.pool_id, str(self.pool), True),) if pool else ()
        whom = (GrantingObserver(NONCE, (self.server.place,)),)
        asks = GrantTerms(PULSE_KEY, ANSWER_KEY, whom) if grants else None
        boot_id = LinuxMachine().boot_id()
        times = (2, 1.0, 2.0)
        terms = WatchTerms(HOST, 3, boot_id, str(self.lab.path), *times, True, asks, pools)
        self.files.put_terms(terms)

    def start(self, prefix: Sequence[str] = (), python: str = sys.executable) -> None:
        words = [*prefix, python, "-m", "hostdown", "petter", "--state-dir", str(self.state)]
        environ = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        self.petter = subprocess.Popen(words, stderr=subprocess.PIPE, text=True, env=environ)

    def until_armed(self) -> None:
        def is_armed() -> bool:
            done = self.files.done()
            return done is not None and done.armed

        until(is_armed, 30)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        assert self.petter is not None
        petter, self.petter = self.petter, None
        petter.send_signal(number)
        with petter:
            return petter.wait(10)

    def close(self) -> None:
        if self.petter is not None:
            self.end(signal.SIGKILL)
        self.lab.close()
        self.server.close()
