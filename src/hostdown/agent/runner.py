"""The agent's process: turns until told to stop, or until the server ends it."""

import queue
import threading
from typing import Protocol

from hostdown.agent.host import HostAgent


class Beside(Protocol):
    """A thread beside the agent's."""

    def start(self) -> None: ...
    def stop(self) -> None: ...


STOP_GRACE_S = 0.2
"""Time for a turn to end by itself. What it writes it writes whole, so it may be cut off."""
SIGNAL_LOOK_S = 0.5
"""How late a signal may be seen."""


class Runner:
    """Runs one agent in a thread of its own, so that a signal never waits for the network.

    Those `beside` it run as long as the agent does.
    """

    def __init__(self, agent: HostAgent, *beside: Beside) -> None:
        self._agent = agent
        self._beside = beside
        self._ends: queue.SimpleQueue[Exception | None] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._turn_now = threading.Event()

    def stop(self) -> None:
        """Stop; a signal handler may call it, because a SimpleQueue is reentrant."""
        self._ends.put(None)

    def hurry(self) -> None:
        """Let the agent's next turn come at once."""
        self._turn_now.set()

    def run(self) -> None:
        """Return after `stop`; raises Stopped when the agent is over, or what broke it."""
        thread = threading.Thread(target=self._loop, name="agent", daemon=True)
        thread.start()
        for each in self._beside:
            each.start()
        end = self._end()
        self._stop.set()
        self._turn_now.set()
        for each in self._beside:
            each.stop()
        thread.join(STOP_GRACE_S)
        if end is not None:
            raise end

    def _end(self) -> Exception | None:
        """Wait for it. A signal that another thread was given is seen between two waits."""
        while True:
            try:
                return self._ends.get(timeout=SIGNAL_LOOK_S)
            except queue.Empty:
                continue

    def _loop(self) -> None:
        wait_s = 0.0
        try:
            while not self._stop.is_set():
                self._turn_now.wait(wait_s)
                self._turn_now.clear()
                if not self._stop.is_set():
                    wait_s = self._agent.turn()
        except Exception as error:  # noqa: BLE001 - handed to `run`, which raises it
            self._ends.put(error)
