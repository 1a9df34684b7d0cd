"""The life of a notifier: it tells others what happened, in a process of its own.

One thread makes deliveries of what is in the outboxes, as soon as a process of this server has
written something there; one thread for each channel delivers them. Because it is there in every
server and seldom busy, it also tells metrics where they have a port of their own.
"""

import logging
import selectors
import socket
import threading
from collections.abc import Callable

from hostdown.compose import TELL, NotifierParts
from hostdown.drivers.system_clock import SystemClock
from hostdown.server import garbage
from hostdown.server.child import Ready
from hostdown.server.jobs import JobThread
from hostdown.server.metrics_port import MetricsPort
from hostdown.server.nudges import Nudges, told_to_leave
from hostdown.services.deliverer import Deliverer

LOG = logging.getLogger(__name__)

BEAT_EVERY_S = 0.5
"""How often it gives a sign of life."""
AGAIN_S = 1.0
"""After a turn of a deliverer that failed."""
END_S = 2.0
"""What the threads get to end."""


def run(
    made: Callable[[], NotifierParts],
    nudges: Nudges,
    metrics: socket.socket | None,
    ready: Ready,
) -> int:
    """A notifier, from its making to its end; returns the exit status.

    `metrics`: where metrics are asked for; None if they have no port of their own.
    """
    told = told_to_leave()
    clock = SystemClock()
    parts = made()
    jobs = JobThread(parts.jobs, clock.monotonic)
    jobs.start()
    aside = JobThread(parts.aside, clock.monotonic)
    aside.start()
    threads = [_Delivery(channel.value, each) for channel, each in parts.deliverers.items()]
    for thread in threads:
        thread.start()
    port = None if metrics is None else MetricsPort(metrics, parts.scrape)
    if port is not None:
        port.start()
    garbage.settle()
    ready()
    _listen(nudges, told, jobs, ready)
    if port is not None:
        port.stop()
    jobs.stop(END_S)
    aside.stop(END_S)
    for thread in threads:
        thread.end()
    for thread in threads:
        thread.join(END_S)
    parts.close()
    return 0


def _listen(nudges: Nudges, told: socket.socket, jobs: JobThread, ready: Ready) -> None:
    """Until told to leave."""
    with selectors.DefaultSelector() as selector:
        selector.register(told, selectors.EVENT_READ)
        selector.register(nudges.heard, selectors.EVENT_READ)
        while True:
            found = {key.fileobj for key, _ in selector.select(BEAT_EVERY_S)}
            if told in found:
                return
            if nudges.heard in found:
                nudges.take()
                jobs.nudge(TELL)
            ready("one background job has not ended" if jobs.progress.stands_still() else "")


class _Delivery(threading.Thread):
    """Runs a deliverer; what fails is tried again."""

    def __init__(self, name: str, deliverer: Deliverer) -> None:
        super().__init__(name=f"deliver by {name}", daemon=True)
        self._deliverer = deliverer
        self._leaving = threading.Event()
        self._failed = False

    def end(self) -> None:
        """Ask it to."""
        self._leaving.set()
        self._deliverer.wake()

    def run(self) -> None:
        while not self._leaving.is_set():
            self._do(self._deliverer.turn)
        self._do(self._deliverer.close)

    def _do(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - a database that is away must not end it
            level = logging.DEBUG if self._failed else logging.WARNING
            self._failed = True
            LOG.log(level, "Could not %s, and tries again: %s", self.name, error)
            self._leaving.wait(AGAIN_S)
        else:
            if self._failed:
                LOG.info("Can %s again", self.name)
            self._failed = False
