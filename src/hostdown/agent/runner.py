"""The agent's process: turns until told to stop, or until the server ends it."""

import threading

from hostdown.agent.host import HostAgent

STOP_GRACE_S = 0.2
"""Time for a turn to end by itself. What it writes it writes whole, so it may be cut off."""


class Runner:
    """Runs one agent in a thread of its own, so that a signal never waits for the network."""

    def __init__(self, agent: HostAgent) -> None:
        self._agent = agent
        self._stop = threading.Event()
        self._over = threading.Event()
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._loop, name="agent", daemon=True)

    def stop(self) -> None:
        """Stop; may be called by a signal handler."""
        self._stop.set()
        self._over.set()

    def run(self) -> None:
        """Return after `stop`; raises Stopped when the agent is over, or what broke it."""
        self._thread.start()
        self._over.wait()
        self._thread.join(STOP_GRACE_S)
        if self._failure is not None and not self._stop.is_set():
            raise self._failure

    def _loop(self) -> None:
        wait_s = 0.0
        try:
            while not self._stop.wait(wait_s):
                wait_s = self._agent.turn()
        except Exception as error:  # noqa: BLE001 - handed to `run`, which raises it
            self._failure = error
        finally:
            self._over.set()
