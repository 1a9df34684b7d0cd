"""How a child process is born: forked, tied to its parent's life, with nothing of the parent's.

The kernel kills a child when its parent dies (`PR_SET_PDEATHSIG`), so that a `kill -9` of the
supervisor leaves no process that holds the port. A child tells over a pipe that it is ready, or
why it cannot start.
"""

import contextlib
import ctypes
import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterable
from typing import NamedTuple, NoReturn, Protocol

from hostdown.domain.errors import HostdownError

LOG = logging.getLogger(__name__)

PR_SET_PDEATHSIG = 1
PR_SET_NAME = 15
MALLOPT_ARENAS = -8
ARENAS_MAX = 2
"""Heaps that threads share: with one each, as glibc does it, a worker is 20 MB larger."""
NAME_BYTES_MAX = 15
"""What the kernel keeps of a process name."""
MESSAGE_BYTES_MAX = 4096
"""A message up to this size is written to a pipe whole (PIPE_BUF)."""

_libc = ctypes.CDLL(None, use_errno=True)

WATCHED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD, signal.SIGUSR2)


class StartFailed(Exception):
    """A child cannot start, and trying again cannot help; the text says why and what to do."""


class Message(NamedTuple):
    """What a child says over its pipe: it is ready, or (`error`) why it is not.

    A child that is ready says so again and again, as its sign of life; with an `error`, it tells
    what keeps it from giving one.
    """

    ready: bool
    error: str = ""

    @staticmethod
    def parse(line: bytes) -> "Message":
        """The message in a line."""
        return Message(**json.loads(line))


class Birth(NamedTuple):
    """A new child: its pid and the reading end of its pipe."""

    pid: int
    pipe: int


class Ready(Protocol):
    """Says that this child is ready, and later that it lives, or what is in the way of that."""

    def __call__(self, trouble: str = "") -> None: ...


Main = Callable[[Ready], int]
"""What a child does; calls its argument once it is ready, returns the exit status."""


def set_name(name: str) -> None:
    """Name this process for `ps` and `top`."""
    _libc.prctl(PR_SET_NAME, name.encode()[:NAME_BYTES_MAX], 0, 0, 0)


def spawn(name: str, main: Main, close: Callable[[], None]) -> Birth:
    """Fork a child that runs `main`; `close` lets go, in the child, of what is the parent's.

    Signals are held back around the fork: none may reach a child that still has the parent's
    handlers.
    """
    parent = os.getpid()
    reading, writing = os.pipe()
    for end in (reading, writing):
        os.set_blocking(end, False)
    held = signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
    try:
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            _live(name, main, close, parent, writing, held)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
    os.close(writing)
    return Birth(pid, reading)


def _live(
    name: str,
    main: Main,
    close: Callable[[], None],
    parent: int,
    pipe: int,
    mask: Iterable[signal.Signals | int],
) -> NoReturn:
    """The whole life of a child; never returns into the parent's stack."""
    status = 1
    try:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)
        set_name(name)
        _libc.mallopt(MALLOPT_ARENAS, ARENAS_MAX)
        _reset_signals(mask)
        close()
        status = _run(main, pipe)
    finally:
        os._exit(status)


def _reset_signals(mask: Iterable[signal.Signals | int]) -> None:
    """A terminal's Ctrl-C and hang-up reach the whole group: the supervisor answers them alone."""
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGUSR2):
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _run(main: Main, pipe: int) -> int:
    def say(message: Message) -> None:
        line = json.dumps(message._asdict()).encode()[: MESSAGE_BYTES_MAX - 1]
        with contextlib.suppress(BlockingIOError):  # the supervisor is stopped, and hears later
            os.write(pipe, line + b"\n")

    def ready(trouble: str = "") -> None:
        say(Message(ready=True, error=trouble))

    try:
        return main(ready)
    except (StartFailed, HostdownError) as error:
        say(Message(ready=False, error=str(error)[:1000]))
    except Exception as error:
        LOG.exception("The process ended by an error that nobody expected")
        say(Message(ready=False, error=f"{type(error).__name__}: {error}"[:1000]))
    return 1
