"""Pid 1 of a virtual host: `python -m hostdown.lab.init DIRECTORY`, in namespaces of its own.

It makes the host's file system and network as `boot.json` in that directory says, starts the
daemons, starts them anew when they end, reaps orphans and holds the watchdog. Its end is the end of
every process of the host: the kernel sees to that. Standard input is the power cord, a socket to
the keeper: if the keeper is gone, so is the power.
"""

import contextlib
import fcntl
import os
import selectors
import signal
import socket
import struct
import sys
from pathlib import Path
from typing import NoReturn

from hostdown.drivers.system_clock import SystemClock
from hostdown.lab import watchdog
from hostdown.lab.boot import Boot, Service, prepare_files, prepare_network, read

RESTART_S = 0.5
"""How long after its end a daemon of a virtual host is started anew."""
ASK_AGAIN_S = 0.1
"""How long after it failed a program that is to succeed once is tried again."""

_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1


class Init:
    """Runs until the host has no power any more."""

    def __init__(self, boot: Boot, cord: socket.socket) -> None:
        self._boot = boot
        self._cord = cord
        self._clock = SystemClock()
        self._timer = watchdog.Timer()
        self._running: dict[int, Service] = {}
        self._due: list[tuple[float, Service]] = []

    def run(self) -> NoReturn:
        """The host's whole life."""
        prepare_files(self._boot)
        self._cord.sendall(b"up\n")
        if not self._cord.recv(16):  # "plugged": there is an eth0 now
            os._exit(0)
        prepare_network(self._boot)
        wake, woken = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        listening = watchdog.listen(Path(self._boot.watchdog))
        for service in self._boot.services:
            self._start(service)
        with selectors.DefaultSelector() as selector:
            selector.register(self._cord, selectors.EVENT_READ)
            selector.register(wake, selectors.EVENT_READ)
            selector.register(listening, selectors.EVENT_READ)
            while True:
                ready = {key.fileobj for key, _ in selector.select(self._wait_s())}
                # Before messages are read: a pet that comes too late must not count (F6).
                if self._clock.monotonic() >= self._timer.due_at:
                    self._tell(f"watchdog: not petted for {self._timer.timeout_s:g} s: reset")
                    _dark()
                if listening in ready:
                    watchdog.serve(listening, self._timer, self._clock.monotonic())
                if self._cord in ready and not self._cord.recv(16):
                    _dark()
                if wake in ready:
                    os.read(wake, 4096)
                    self._reap()
                self._start_due()

    def _wait_s(self) -> float | None:
        moments = [self._timer.due_at, *(moment for moment, _ in self._due)]
        return max(0.0, min(min(moments) - self._clock.monotonic(), 3600.0))

    def _start(self, service: Service) -> None:
        log = os.open(f"{self._boot.log}", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        null = os.open(os.devnull, os.O_RDONLY)
        pid = os.posix_spawn(
            service.argv[0],
            service.argv,
            os.environ,
            setsid=True,
            setsigdef=[signal.SIGCHLD, signal.SIGPIPE],
            file_actions=[
                (os.POSIX_SPAWN_DUP2, null, 0),
                (os.POSIX_SPAWN_DUP2, log, 1),
                (os.POSIX_SPAWN_DUP2, log, 2),
            ],
        )
        os.close(log)
        os.close(null)
        self._running[pid] = service

    def _start_due(self) -> None:
        now_s = self._clock.monotonic()
        for each in [each for each in self._due if each[0] <= now_s]:
            self._due.remove(each)
            self._start(each[1])

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if not pid:
                    break
                service = self._running.pop(pid, None)
                if service:
                    self._ended(service, os.waitstatus_to_exitcode(status))

    def _ended(self, service: Service, status: int) -> None:
        if service.once and status == 0:
            self._cord.sendall(f"{service.name}\n".encode())
            return
        if not service.once:
            self._tell(f"{service.name} ended with status {status}")
        if status not in service.final:
            wait_s = ASK_AGAIN_S if service.once else RESTART_S
            self._due.append((self._clock.monotonic() + wait_s, service))

    def _tell(self, sentence: str) -> None:
        with Path(self._boot.log).open("a") as log:
            log.write(f"init: {sentence}\n")


def _dark() -> NoReturn:
    """End as a machine does that is reset: nothing goes out any more, no connection is closed."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket,
        contextlib.suppress(OSError),
    ):
        asked = struct.pack("16sh14x", b"eth0", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(any_socket, _SIOCGIFFLAGS, asked))[1]
        down = struct.pack("16sh14x", b"eth0", flags & ~_IFF_UP)
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, down)
    os._exit(0)


def main() -> NoReturn:
    """Become the host."""
    cord = socket.socket(fileno=os.dup(0))
    Init(read(Path(sys.argv[1]) / "boot.json"), cord).run()


if __name__ == "__main__":
    main()
