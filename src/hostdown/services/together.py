"""Several things of which each must be tried, whatever becomes of the others."""

from collections.abc import Callable, Iterable

from hostdown.domain.errors import HostdownError


def try_all(works: Iterable[Callable[[], object]]) -> None:
    """Do every one; raises the first failure, if there was one, at the end."""
    failure: HostdownError | None = None
    for work in works:
        try:
            work()
        except HostdownError as error:
            failure = failure or error
    if failure is not None:
        raise failure
