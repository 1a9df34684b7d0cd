"""The background thread of a worker: runs jobs again and again, each at its own interval.

A job that fails is logged and tried again at its next turn; it never ends the thread. Jobs run one
after another, so none needs a lock against another.
"""

import logging
import queue
import threading
from collections.abc import Callable, Sequence

from hostdown.compose import Job
from hostdown.server.progress import Progress
from hostdown.storage.reason import reason

LOG = logging.getLogger(__name__)

LATE_MIN_S = 0.25
"""A job that takes less is never called slow, however often it should run."""

WELL_AFTER_S = 10.0
"""A job that failed works again once no run has failed for so long: where a disk is full, those
that find nothing to write fail not."""


class JobThread:
    """Runs `jobs` until `stop`; each runs once at start, without waiting."""

    def __init__(self, jobs: Sequence[Job], monotonic: Callable[[], float]) -> None:
        self._jobs = tuple(jobs)
        self._monotonic = monotonic
        self._stop = threading.Event()
        self._wake = threading.Event()
        self.progress = Progress(1)
        self._failed_at: dict[str, float] = {}
        """When each that does not work failed last, by its name."""
        self._nudges: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._loop, name="jobs", daemon=True)

    def start(self) -> None:
        """Begin; there is nothing to wait for."""
        self._thread.start()

    def stop(self, timeout_s: float) -> None:
        """Let the running job end, then run those that must leave nothing undone a last time."""
        self._stop.set()
        self._wake.set()
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            LOG.warning("A background job did not end within %g s; it is given up", timeout_s)
            return
        for job in self._jobs:
            if job.at_end:
                self._run(job)

    def nudge(self, name: str) -> None:
        """Run the job of this name at once; once is enough for all who asked meanwhile."""
        self._nudges.put(name)
        self._wake.set()

    def _loop(self) -> None:
        due = [self._monotonic()] * len(self._jobs)
        while not self._stop.is_set():
            self._wake.clear()
            nudged = self._take_nudges()
            for index, job in enumerate(self._jobs):
                started = self._monotonic()
                early = started < due[index] and job.name not in nudged
                if early or self._stop.is_set():
                    continue
                self.progress.begin()
                self._run(job)
                self.progress.end()
                due[index] = self._next(job, due[index], started)
            pause = min(due, default=float("inf")) - self._monotonic()
            self._wake.wait(min(max(pause, 0.0), threading.TIMEOUT_MAX))

    def _take_nudges(self) -> set[str]:
        return {self._nudges.get() for _ in range(self._nudges.qsize())}

    def _next(self, job: Job, due: float, started: float) -> float:
        now = self._monotonic()
        if now - started > max(job.every_s, LATE_MIN_S):
            LOG.warning(
                "Job '%s' took %.2f s; it should run every %g s",
                job.name,
                now - started,
                job.every_s,
            )
        return min(max(due + job.every_s, now), now + job.every_s)

    def _run(self, job: Job) -> None:
        """Tell of a failure and of its end once each, not at every turn."""
        try:
            job.run()
        except Exception as error:  # noqa: BLE001 - one job's failure must not end the others
            known = job.name in self._failed_at
            self._failed_at[job.name] = self._monotonic()
            level = logging.DEBUG if known else logging.WARNING
            LOG.log(level, "Job '%s' failed and will be tried again: %s", job.name, _told(error))
        else:
            failed_at = self._failed_at.get(job.name)
            if failed_at is not None and self._monotonic() - failed_at >= WELL_AFTER_S:
                del self._failed_at[job.name]
                LOG.info("Job '%s' works again", job.name)


def _told(error: Exception) -> str:
    """What an answer would say, and what the database's driver said, which no answer may."""
    return f"{error} ({reason(error)})" if error.__cause__ is not None else str(error)
