"""What a process of the server consists of."""

from collections.abc import Callable, Iterable
from typing import NamedTuple


class Job(NamedTuple):
    """Something that a process does every `every_s` seconds, and once more at its end if asked."""

    name: str
    every_s: float
    run: Callable[[], None]
    at_end: bool = False


def _none(_method: str, _path: str) -> bool:
    return False


class Worker(NamedTuple):
    """What an API worker runs: the application, its background jobs, and how to let go.

    `is_transfer` says of a method and a path whether such a request moves a file.
    """

    application: Callable[..., Iterable[bytes]]
    jobs: tuple[Job, ...]
    close: Callable[[], None]
    is_transfer: Callable[[str, str], bool] = _none
