"""The disk of an instance, as values."""

from pathlib import Path
from typing import NamedTuple

from hostdown.domain.assignment import ImageSource


class DiskRecipe(NamedTuple):
    """How to make one: `root_gb` 0 stands for the image's own size, no image for an empty disk."""

    image: ImageSource | None
    root_gb: int


class DiskFile(NamedTuple):
    """One that is there. `format` is `raw` or `qcow2`: kept beside it, never guessed from it."""

    path: Path
    format: str
    saved: Path
    """Where the guest's memory goes when it is suspended."""
    is_saved: bool
