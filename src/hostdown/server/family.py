"""The children of the supervisor: born, listened to, told to leave, buried. Decides nothing."""

import contextlib
import logging
import os
import selectors
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from hostdown.server.child import Main, Message, Ready, spawn
from hostdown.server.logs import name_process

LOG = logging.getLogger(__name__)

KILL_MARGIN_S = 4.0
"""What a child gets beyond the time for its requests, to write what it holds."""

TURN_MAX_S = 1.0
"""How long the supervisor sleeps at most; what it oversleeps counts against nobody."""


@dataclass
class Child:
    """A running process; `kill_at` is set once it was told to leave.

    `silent_s`: for how long it gave no sign of life although it was ready.
    """

    name: str
    pid: int
    pipe: int
    ready: bool = False
    error: str = ""
    silent_s: float = 0.0
    kill_at: float | None = None
    _said: bytes = field(default=b"", repr=False)

    def listen(self) -> bool:
        """Take in what it said; False once it has closed its pipe."""
        try:
            got = os.read(self.pipe, 65536)
        except BlockingIOError:
            return True
        *lines, self._said = (self._said + got).split(b"\n")
        for line in lines:
            self.ready, self.error = Message.parse(line)
            if not self.error:
                self.silent_s = 0.0
        return bool(got)


class Family:
    """All children; `release` lets go, in a child, of what only the parent holds."""

    def __init__(
        self,
        selector: selectors.BaseSelector,
        release: Callable[[], None],
        monotonic: Callable[[], float],
    ) -> None:
        self._selector = selector
        self._release = release
        self._monotonic = monotonic
        self._pipes: dict[int, Child] = {}
        self._leaving: list[Child] = []

    @property
    def leaving(self) -> bool:
        """Whether somebody who was told to leave is still there."""
        return bool(self._leaving)

    def spawn(self, name: str, main: Main) -> Child:
        """A new process named `name` that runs `main`."""

        def named(ready: Ready) -> int:
            name_process(name)
            return main(ready)

        child = Child(name, *spawn(f"hostdown: {name}", named, self._let_go))
        self._pipes[child.pipe] = child
        self._selector.register(child.pipe, selectors.EVENT_READ, self._hear)
        LOG.debug("%s is pid %d", name, child.pid)
        return child

    def end(self, child: Child, number: int, within_s: float) -> None:
        """Tell `child` by a signal to leave; it is killed if it has not after `within_s`."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(child.pid, number)
        if child.kill_at is None:
            child.kill_at = self._monotonic() + within_s + KILL_MARGIN_S
            self._leaving.append(child)

    def kill_leaving(self) -> None:
        """Wait for nobody any longer."""
        for child in self._leaving:
            child.kill_at = self._monotonic()
        self.kill_overdue()

    def kill_overdue(self) -> None:
        """Kill those who have not left in time."""
        now = self._monotonic()
        for child in self._leaving:
            if child.kill_at is not None and child.kill_at <= now:
                LOG.warning("%s (pid %d) did not end in time; it is killed", child.name, child.pid)
                child.kill_at = now + KILL_MARGIN_S
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child.pid, signal.SIGKILL)

    def kill_silent(self, awake_s: float, limit_s: float) -> None:
        """Kill those that gave no sign of life for longer than `limit_s`.

        `awake_s` is the time since this was called last. Only TURN_MAX_S of it count: in a longer
        one this process did not run either, so nobody's silence means anything.
        """
        for child in self._pipes.values():
            if not child.ready or child.kill_at is not None:
                continue
            child.silent_s += min(awake_s, TURN_MAX_S)
            if child.silent_s > limit_s:
                LOG.error(
                    "%s (pid %d) hangs, so it is killed: for [server] worker_timeout = %g s, %s",
                    child.name,
                    child.pid,
                    limit_s,
                    child.error or "it has not answered itself",
                )
                child.silent_s = 0.0
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child.pid, signal.SIGKILL)

    def due(self) -> list[float]:
        """When somebody is to be killed."""
        return [child.kill_at for child in self._leaving if child.kill_at is not None]

    def buried(self) -> Iterator[tuple[int, str]]:
        """Pids of the dead, and how each died; those who were told to leave are not named."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG | os.WUNTRACED | os.WCONTINUED)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if os.WIFSTOPPED(status) or os.WIFCONTINUED(status):
                self._tell_stopped(pid, status)
                continue
            self._last_words(pid)
            expected = [child for child in self._leaving if child.pid == pid]
            for child in expected:
                self._leaving.remove(child)
            if not expected:
                yield pid, _how(status)

    def _let_go(self) -> None:
        for pipe in self._pipes:
            os.close(pipe)
        self._release()

    def _hear(self, pipe: int) -> None:
        if not self._pipes[pipe].listen():
            self._forget(pipe)

    def _tell_stopped(self, pid: int, status: int) -> None:
        """It is not ended at once: somebody may look at it with a debugger."""
        name = next((child.name for child in self._pipes.values() if child.pid == pid), "a process")
        if os.WIFCONTINUED(status):
            LOG.info("%s (pid %d) goes on", name, pid)
            return
        LOG.warning(
            "%s (pid %d) was stopped by %s: its share of the connections gets no answer until "
            "'kill -CONT %d', or until it is killed after [server] worker_timeout",
            name,
            pid,
            signal.Signals(os.WSTOPSIG(status)).name,
            pid,
        )

    def _last_words(self, pid: int) -> None:
        """It is dead, so its pipe holds all it ever said, and an end."""
        for pipe in [pipe for pipe, child in self._pipes.items() if child.pid == pid]:
            while self._pipes[pipe].listen():
                pass
            self._forget(pipe)

    def _forget(self, pipe: int) -> None:
        self._selector.unregister(pipe)
        del self._pipes[pipe]
        os.close(pipe)


def _how(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return (
        f"ended with status {code}" if code >= 0 else f"was killed by {signal.Signals(-code).name}"
    )
