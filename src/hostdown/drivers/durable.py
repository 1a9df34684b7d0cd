"""What makes names of files outlive a loss of power."""

import os
from pathlib import Path


def sync_directory(path: Path | str, root: int | None = None) -> None:
    """Make the names in a directory durable; raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=root)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
