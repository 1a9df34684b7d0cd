"""The threads of a host that has instances: a few that work, one that watches, one that talks."""

import threading
from collections.abc import Callable

from hostdown.agent.exchange import Exchange
from hostdown.agent.tidings import Tidings
from hostdown.agent.watching import Watcher
from hostdown.agent.worker import Worker

WORKERS = 8
"""Instances that are worked on at a time; a guest that shuts down slowly keeps one busy."""

STOP_GRACE_S = 2.0
"""For what is under way when an agent ends; what it leaves undone the next one does."""


class Crew:
    """Started once, before the first report; daemons, because what they write they write whole."""

    def __init__(
        self,
        worker: Worker,
        watcher: Watcher,
        exchange: Exchange,
        tidings: Tidings,
        workers: int = WORKERS,
    ) -> None:
        self._worker = worker
        self._tidings = tidings
        self._stopping = threading.Event()
        self._threads = [self._thread(f"worker-{n}", self._work) for n in range(workers)]
        self._threads += [
            self._thread("watch", lambda: watcher.run(self._stopping)),
            self._thread("exchange", lambda: exchange.run(self._stopping)),
        ]

    def start(self) -> None:
        """Once."""
        for thread in self._threads:
            thread.start()

    def stop(self, grace_s: float = STOP_GRACE_S) -> None:
        """Begin nothing more, and wait up to `grace_s` for what is under way. Guests go on."""
        self._stopping.set()
        self._worker.stop()
        self._tidings.wake()
        for thread in self._threads:
            thread.join(grace_s / len(self._threads))

    def _work(self) -> None:
        while self._worker.step():
            continue

    def _thread(self, name: str, target: Callable[[], None]) -> threading.Thread:
        return threading.Thread(target=target, name=name, daemon=True)
