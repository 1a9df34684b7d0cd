"""Puts the parts together: the only module that knows every package.

Everything here runs after a fork, in the process that uses it.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import orjson

from hostdown.config import Settings


class Job(NamedTuple):
    """Something that a process does every `every_s` seconds, and once more at its end if asked."""

    name: str
    every_s: float
    run: Callable[[], None]
    at_end: bool = False


class Worker(NamedTuple):
    """What an API worker runs: the application, its background jobs, and how to let go."""

    application: Callable[..., Iterable[bytes]]
    jobs: tuple[Job, ...]
    close: Callable[[], None]


def prepare(settings: Settings) -> None:
    """What must be there before any worker starts; runs in a short-lived process."""


def api_worker(settings: Settings, index: int) -> Worker:
    """The parts of API worker number `index`."""

    def application(_environ: object, start: Callable[..., object]) -> Iterable[bytes]:
        start("200 OK", [("content-type", "application/json")])
        return [orjson.dumps({"host": settings.host, "worker": index})]

    return Worker(application, (), lambda: None)
