"""What a petter and its agent have between them in a scenario: two files, and a slot."""

from typing import TYPE_CHECKING

from tests.scenarios.world import World

from hostdown.agent.watch_terms import PetterDone, WatchTerms
from hostdown.domain.pool_errors import PoolAbsent, PoolFailed
from hostdown.domain.watchdog import Mark, Renewal, SlotContent

if TYPE_CHECKING:
    from tests.scenarios.pools import PoolPath


def pause(world: World) -> None:
    """As a step, but quicker: what a petter does takes no guest and no database."""
    world.sleep(world.hurry() / 4)


class MemoryWatchFiles:
    """`agent.watch_terms.WatchFiles`: a part of the state directory."""

    def __init__(self) -> None:
        self._terms: WatchTerms | None = None
        self._done: PetterDone | None = None

    def terms(self) -> WatchTerms | None:
        return self._terms

    def put_terms(self, terms: WatchTerms) -> None:
        self._terms = terms

    def done(self) -> PetterDone | None:
        return self._done

    def put_done(self, done: PetterDone) -> None:
        self._done = done


class WatchPath:
    """`agent.watch_ports.WatchSlots` of one host on its pool; others come between any two steps."""

    def __init__(self, world: World, path: "PoolPath") -> None:
        self._world = world
        self._path = path

    def pool_id(self) -> str:
        self._reach()
        return self._path.pool.id

    def renew(self, host: str, renewal: Renewal) -> SlotContent:
        self._reach()
        self._path.pool.watched.renew(host, renewal)
        return self.read(host)

    def read(self, host: str) -> SlotContent:
        self._reach()
        found = self._path.pool.watched.read(host)
        self._reach()
        return found

    def mark(self, host: str, mark: Mark) -> SlotContent:
        self._reach()
        self._path.pool.watched.mark(host, mark)
        return self.read(host)

    def _reach(self) -> None:
        pause(self._world)
        if self._path.is_empty:
            raise PoolAbsent(path="/pool", reason="there is no marker")
        if self._path.is_cut:
            raise PoolFailed(path="/pool", reason="the storage does not answer")
