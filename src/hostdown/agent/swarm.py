"""Many hosts in one process: a queue of agents by when they are due, and a few threads.

Each thread makes one exchange at a time over a kept connection. A host that ends drops out; the
others go on.
"""

import heapq
import logging
import queue
import threading
from collections.abc import Callable, Sequence

from hostdown.agent.errors import Stopped
from hostdown.agent.host import HostAgent
from hostdown.agent.runner import Beside
from hostdown.services.ports import Clock

LOG = logging.getLogger("hostdown.swarm")
FIRST_PROGRESS_S = 1.0
"""Until a swarm first tells how many of its hosts report."""

PROGRESS_EVERY_S = 5.0
"""Between two such lines, if anything changed."""

STOP_GRACE_S = 0.2
"""Time for running exchanges to end when a swarm stops."""

AT_ONCE = 0.0
"""Due before all others: a host that has begun its session reports before the next one begins."""


class Swarm:
    """Runs `agents` until `stop`, or until none is left."""

    def __init__(
        self,
        agents: Sequence[HostAgent],
        clock: Clock,
        threads: int,
        tell: Callable[[str], None],
        *beside: Beside,
    ) -> None:
        self._agents = agents
        self._numbers = {agent.name: number for number, agent in enumerate(agents)}
        self._beside = beside
        self._clock = clock
        self._tell = tell
        self._due = [(AT_ONCE, number) for number in range(len(agents))]
        self._waiting = dict.fromkeys(range(len(agents)), AT_ONCE)
        """When each is due that is not at work: entries of `_due` that say otherwise are old."""
        self._left = len(agents)
        self._changed = threading.Condition()
        self._ends: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._stopping = False
        self._threads = [
            threading.Thread(target=self._loop, name=f"swarm-{n}", daemon=True)
            for n in range(min(threads, len(agents)))
        ]

    def stop(self) -> None:
        """Stop; a signal handler may call it, because a SimpleQueue is reentrant."""
        self._ends.put(None)

    def hurry(self, name: str) -> None:
        """Let a host's next turn come at once; one that is at work has it now."""
        number = self._numbers[name]
        with self._changed:
            if number in self._waiting:
                self._wait_until(AT_ONCE, number)

    def run(self) -> None:
        """Return when stopped, or when the last host dropped out."""
        for each in self._beside:
            each.start()
        for thread in self._threads:
            thread.start()
        told = ""
        while self._goes_on(PROGRESS_EVERY_S if told else FIRST_PROGRESS_S):
            line = self.progress()
            if line != told:
                self._tell(line)
                told = line
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        for each in self._beside:
            each.stop()
        for thread in self._threads:
            thread.join(STOP_GRACE_S / len(self._threads))

    def _goes_on(self, wait_s: float) -> bool:
        try:
            self._ends.get(timeout=wait_s)
        except queue.Empty:
            return True
        return False

    def progress(self) -> str:
        """One line: how many hosts there are, and how many of them report."""
        reporting = sum(agent.reporting for agent in self._agents)
        gone = len(self._agents) - self._left
        waiting = self._left - reporting
        return (
            f"{reporting} of {len(self._agents)} hosts report, {waiting} wait, {gone} dropped out"
        )

    def _loop(self) -> None:
        while (number := self._next()) is not None:
            try:
                wait_s = self._agents[number].turn()
            except Stopped as error:
                self._drop(number, error)
                continue
            except Exception:
                LOG.exception("%s: broke down and drops out", self._agents[number].name)
                self._drop(number, None)
                continue
            due = self._clock.monotonic() + wait_s if wait_s else AT_ONCE
            with self._changed:
                self._wait_until(due, number)

    def _wait_until(self, due: float, number: int) -> None:
        self._waiting[number] = due
        heapq.heappush(self._due, (due, number))
        self._changed.notify()

    def _next(self) -> int | None:
        """The agent that is due, once it is; None when the swarm stops."""
        with self._changed:
            while not self._stopping:
                wait_s = self._due[0][0] - self._clock.monotonic() if self._due else 1.0
                if self._due and wait_s <= 0:
                    due, number = heapq.heappop(self._due)
                    if self._waiting.get(number) == due:
                        del self._waiting[number]
                        return number
                    continue
                self._changed.wait(min(wait_s, 1.0))
        return None

    def _drop(self, number: int, error: Stopped | None) -> None:
        agent = self._agents[number]
        agent.drop()
        if error is not None:
            self._tell(f"{agent.name} drops out: {error}")
        with self._changed:
            self._left -= 1
            if self._left == 0:
                self._ends.put(None)
