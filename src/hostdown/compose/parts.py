"""What a process of the server consists of."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from hostdown.services.lookout import Hearing
from hostdown.services.pulses import PulseBook


class Job(NamedTuple):
    """Something that a process does every `every_s` seconds, and once more at its end if asked."""

    name: str
    every_s: float
    run: Callable[[], None]
    at_end: bool = False


def _none(_method: str, _path: str) -> bool:
    return False


def _nobody(_status: int) -> None:
    """Nobody counts."""


class Worker(NamedTuple):
    """What an API worker runs: the application, its background jobs, and how to let go.

    `body_bytes_max`: of the largest body that any part of the application takes; each part refuses
    what is too large for it. `is_transfer` says of a method and a path whether such a request moves
    a file. `turned_away` counts a request that never came to the application, by its status.
    """

    application: Callable[..., Iterable[bytes]]
    jobs: tuple[Job, ...]
    close: Callable[[], None]
    body_bytes_max: int
    is_transfer: Callable[[str, str], bool] = _none
    turned_away: Callable[[int], None] = _nobody


LOOK_HOSTS = "look for changed hosts"
LOOK_VERSIONS = "look for changed assignments"
"""Jobs of an observer that it may want at once."""


class Pulses(NamedTuple):
    """What API workers have of their server's observer.

    `counts`: pulses that counted, that were lost, that were refused, by name. `look_now` makes it
    look at once which hosts were given other work; call it after a commit that gave them some.
    """

    counts: Callable[[], Mapping[str, int]]
    look_now: Callable[[], None]


class ObserverParts(NamedTuple):
    """What an observer runs; it may hear pulses once `may_open` says so."""

    book: PulseBook
    hearing: Hearing
    jobs: tuple[Job, ...]
    may_open: Callable[[], bool]
    close: Callable[[], None]
