"""What an agent tells of the pool on which its host's disks lie."""

from typing import NamedTuple, Protocol


class PoolSeen(NamedTuple):
    """As `domain.model.Resources` has it; both "" where there is no pool."""

    pool_id: str = ""
    pool_class: str = ""


class Pool(Protocol):
    """The pool of one host."""

    def seen(self) -> PoolSeen:
        """As it was seen last; asks nothing."""
        ...


class FixedPool:
    """`Pool` of which everything is known: none, or one that is made up."""

    def __init__(self, pool: PoolSeen = PoolSeen()) -> None:  # noqa: B008 - nobody can change it
        self._pool = pool

    def seen(self) -> PoolSeen:
        """See `Pool`."""
        return self._pool


NO_POOL = FixedPool()
