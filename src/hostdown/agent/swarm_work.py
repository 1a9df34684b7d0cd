"""What a swarm does to the instances of its hosts: one queue of turns for all, and a few threads.

A host without instances has no turn but those that its reports ask for, and no thread waits for it.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple

from hostdown.agent.errors import Stopped
from hostdown.agent.exchange import Exchange
from hostdown.agent.settings import BACKOFF_MAX_S
from hostdown.agent.site import Site
from hostdown.agent.tidings import Tidings
from hostdown.agent.watching import LOOK_EVERY_S, Watcher
from hostdown.agent.work import WorkQueue
from hostdown.agent.worker import Worker

LOG = logging.getLogger("hostdown.swarm")

STOP_GRACE_S = 0.2
"""For turns that are under way when a swarm stops."""

_EXCHANGE = "exchange"


class Part:
    """`agent.work.Turns` of one host, in the queue of all. Host names have no slash."""

    def __init__(self, queue: WorkQueue, host: str) -> None:
        self._queue = queue
        self._host = host
        self._closed = False

    def put(self, key: str, delay_s: float = 0.0) -> None:
        """See `WorkQueue`."""
        if not self._closed:
            self._queue.put(f"{self._host}/{key}", delay_s)

    def close(self) -> None:
        """Of this host nothing more is done."""
        self._closed = True


class PartTidings(Tidings):
    """Tidings that nobody waits for: they ask for a turn of their host's exchange."""

    def __init__(self, part: Part) -> None:
        super().__init__()
        self._part = part

    def wake(self) -> None:
        """See `Tidings`."""
        self._part.put(_EXCHANGE)


class SwarmHost(NamedTuple):
    """One host's."""

    site: Site
    worker: Worker
    exchange: Exchange
    watcher: Watcher
    part: Part


class SwarmWork:
    """`agent.runner.Beside`. `host` makes what belongs to one host of the swarm."""

    def __init__(
        self,
        queue: WorkQueue,
        names: Sequence[str],
        host: Callable[[str, Part], SwarmHost],
        threads: int,
    ) -> None:
        self.hosts = {name: host(name, Part(queue, name)) for name in names}
        self._queue = queue
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._loop, name=f"swarm-work-{n}", daemon=True)
            for n in range(threads)
        ]
        self._threads.append(threading.Thread(target=self._watch, name="watch", daemon=True))

    def start(self) -> None:
        """Once."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Begin nothing more."""
        self._stopping.set()
        self._queue.close()
        for thread in self._threads:
            thread.join(STOP_GRACE_S / len(self._threads))

    def turn(self, wait: bool = True) -> bool:
        """One turn of one host; False if there is none, or no more."""
        taken = self._queue.take(wait)
        if taken is None:
            return False
        name, _, key = taken.partition("/")
        host = self.hosts[name]
        try:
            if key == _EXCHANGE:
                _exchange(name, host)
            else:
                host.worker.serve(key)
        finally:
            self._queue.done(taken)
        return True

    def look(self) -> None:
        """One look at the lease of every guest (NEVER-TWICE W1)."""
        for host in self.hosts.values():
            if host.site.live.all():
                host.watcher.look()

    def _loop(self) -> None:
        while self.turn():
            continue

    def _watch(self) -> None:
        while not self._stopping.wait(LOOK_EVERY_S):
            self.look()


def _exchange(name: str, host: SwarmHost) -> None:
    try:
        wait_s = host.exchange.turn()
    except Stopped as error:
        host.worker.end(error)
        return
    except Exception:
        LOG.exception("%s: An exchange with the server broke down", name)
        wait_s = BACKOFF_MAX_S
    if not host.exchange.rests:
        host.part.put(_EXCHANGE, wait_s)
