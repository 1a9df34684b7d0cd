"""Disks that are only remembered: for simulated hosts, whose guests write to none."""

from pathlib import Path

from hostdown.domain.disks import DiskFile, DiskRecipe


class MemoryDisks:
    """`agent.ports.Disks` that the hosts of a swarm share; an image is never fetched.

    Memory of guests that are suspended lies in `directory`, which is emptied at the start.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._made: set[str] = set()
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in directory.iterdir():
            left.unlink()

    def make(self, instance: str, recipe: DiskRecipe, host: str) -> None:
        """See `agent.ports`."""
        self._made.add(instance)

    def find(self, instance: str) -> DiskFile | None:
        """See `agent.ports`."""
        if instance not in self._made:
            return None
        saved = self._directory / instance
        return DiskFile(Path("/") / instance, "raw", saved, saved.exists())

    def grow(self, instance: str, root_gb: int) -> None:
        """A disk that is only remembered has no size."""

    def drop_saved(self, instance: str) -> None:
        """See `agent.ports`."""
        (self._directory / instance).unlink(missing_ok=True)

    def sync(self, instance: str) -> None:
        """There is nothing that could be lost."""

    def remove(self, instance: str) -> None:
        """See `agent.ports`."""
        self.drop_saved(instance)
        self._made.discard(instance)

    def tidy(self, host: str) -> None:
        """Nothing is ever fetched."""
