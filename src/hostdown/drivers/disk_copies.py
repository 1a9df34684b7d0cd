"""Copies of disks whose servers run elsewhere now: `<pool>/<instance>/disk.evacuated-<generation>`.

On a pool that no other host has, a returned host keeps them beside where they were, for who finds
that the newer disk lacks something (NEVER-TWICE D1).
"""

import os
import shutil
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from hostdown.domain.pool_errors import PoolFailed
from hostdown.drivers.disk_files import DISK, FORMAT, SAVED
from hostdown.drivers.durable import sync_directory
from hostdown.drivers.pool import PoolDirectory

KEPT_FOR = timedelta(days=7)
"""How long a copy is kept."""

_COPY = f"{DISK}.evacuated-"


class DiskCopies:
    """`agent.ports.Copies` on one pool. Each method raises PoolAbsent, PoolFull, PoolFailed."""

    def __init__(self, pool: PoolDirectory) -> None:
        self._pool = pool

    def set_aside(self, instance: str, generation: int) -> None:
        """Give the disk the name of a copy, durably; again and again without more effect.

        Its format goes first, so that there never is a copy without one; saved memory is dropped.
        """
        with self._pool.root():
            directory = self._pool.path / instance
            disk, copy = directory / DISK, directory / f"{_COPY}{generation}"
            if not disk.exists():
                return
            (directory / SAVED).unlink(missing_ok=True)
            with suppress(FileNotFoundError):
                shutil.copyfile(directory / FORMAT, f"{copy}.format")
            sync_directory(directory)
            os.utime(disk)
            os.replace(disk, copy)
            (directory / FORMAT).unlink(missing_ok=True)
            sync_directory(directory)

    def sweep(self, now: datetime) -> None:
        """Remove the copies that were set aside long ago, of all instances."""
        before = (now.replace(tzinfo=UTC) - KEPT_FOR).timestamp()
        with self._pool.root():
            copies = list(self._pool.path.glob(f"*/{_COPY}*"))
        for copy in copies:
            with suppress(PoolFailed), self._pool.root():
                if copy.stat().st_mtime < before:
                    copy.unlink()
