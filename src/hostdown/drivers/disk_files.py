"""Disks as files on a pool: `<pool>/<instance>/disk`, and `saved` beside it.

A disk is made under another name and gets its own only when it is whole. Its format lies beside it:
a guest writes whatever it likes to the front of its disk, so nobody may ask the disk itself.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from hostdown.domain import qcow2
from hostdown.domain.disk_errors import DiskRefused
from hostdown.domain.disks import DiskFile, DiskRecipe
from hostdown.domain.pool_errors import PoolFull
from hostdown.drivers.durable import sync_directory
from hostdown.drivers.image_cache import DIRECTORY, Fetch, ImageCache
from hostdown.drivers.pool import PoolDirectory

QEMU_IMG_TIMEOUT_S = 600.0
"""What one run of qemu-img may take: a copy of a large image on slow storage."""

EMPTY_BYTES = 1 << 20
"""Size of an empty disk whose flavor has none."""

_GIB = 1 << 30
_SAID_MAX = 500
DISK, FORMAT, SAVED = "disk", "disk.format", "saved"
_MADE = "disk.new"


class QemuImg(NamedTuple):
    """The program that copies and makes images, and what one run of it may take."""

    program: str = "qemu-img"
    timeout_s: float = QEMU_IMG_TIMEOUT_S


class DiskFiles:
    """`agent.ports.Disks`. Each method raises PoolAbsent, PoolFull, PoolFailed.

    `overlay`: a disk from an image is a qcow2 over the cached image, not a copy of it.
    """

    def __init__(
        self,
        pool: PoolDirectory,
        fetch: Fetch,
        overlay: bool = False,
        tool: QemuImg = QemuImg(),  # noqa: B008 - a value that nobody can change
    ) -> None:
        self._pool = pool
        self._overlay = overlay
        self._tool = tool
        self._cache = ImageCache(pool.path, fetch)

    def make(self, instance: str, recipe: DiskRecipe, host: str) -> None:
        """Anew, in place of any that is there; durable, whole or not at all.

        Raises DiskRefused, ImageMissing, ImageBad, ImageAway.
        """
        with self._at(instance) as directory:
            made = directory / _MADE
            try:
                form = self._made(made, instance, recipe, host)
                _write(directory / FORMAT, form)
                os.replace(made, directory / DISK)
                sync_directory(directory)
            finally:
                made.unlink(missing_ok=True)

    def find(self, instance: str) -> DiskFile | None:
        """The disk; None if there is none."""
        with self._at(instance) as directory:
            if not (directory / DISK).exists():
                return None
            try:
                form = (directory / FORMAT).read_text().strip()
            except FileNotFoundError:
                form = "raw"
            saved = directory / SAVED
            return DiskFile(directory / DISK, form, saved, saved.exists())

    def grow(self, instance: str, root_gb: int) -> None:
        """So many GiB, if the disk is smaller. Raises DiskRefused."""
        size, found = root_gb * _GIB, self.find(instance)
        if found is None or size <= _size(found):
            return
        with self._at(instance):
            if found.format == "raw":
                os.truncate(found.path, size)
            else:
                words = ("resize", "-q", "-f", found.format, str(found.path), str(size))
                self._qemu_img(instance, *words)
            _sync(found.path)

    def drop_saved(self, instance: str) -> None:
        """Forget saved memory, durably: a disk that goes on must never meet it again."""
        with self._at(instance) as directory:
            if (directory / SAVED).exists():
                (directory / SAVED).unlink()
                sync_directory(directory)

    def sync(self, instance: str) -> None:
        """What was written to the disk is durable; nothing if there is none."""
        with self._at(instance) as directory:
            for name in (DISK, SAVED):
                if (directory / name).exists():
                    _sync(directory / name)

    def remove(self, instance: str) -> None:
        """Nothing but the lease stays."""
        with self._at(instance) as directory:
            for name in (SAVED, DISK, _MADE, FORMAT):
                (directory / name).unlink(missing_ok=True)
            if directory.exists():
                sync_directory(directory)

    def tidy(self, host: str) -> None:
        """At the agent's start: remove what this host began to fetch before it died."""
        with self._pool.root():
            self._cache.tidy(host)

    @contextmanager
    def _at(self, instance: str) -> Iterator[Path]:
        with self._pool.root():
            yield self._pool.path / instance

    def _made(self, made: Path, instance: str, recipe: DiskRecipe, host: str) -> str:
        """Make it under a name of its own; the format."""
        asked = recipe.root_gb * _GIB
        if recipe.image is None:
            with made.open("wb") as file:
                file.truncate(asked or EMPTY_BYTES)
            _sync(made)
            return "raw"
        base, held = self._cache.get(recipe.image, host)
        if asked and asked < held:
            raise DiskRefused(
                instance=instance,
                reason=f"the image holds a disk of {held} bytes, the flavor gives {asked}",
            )
        size = asked or held
        if self._overlay:
            # By a relative path, because hosts may have mounted the pool at different places.
            backing = os.path.join(os.pardir, DIRECTORY, base.name)
            options = ["-f", "qcow2", "-F", recipe.image.format, "-b", backing, str(made)]
            self._qemu_img(instance, "create", "-q", *options, str(size))
            _sync(made)
            return "qcow2"
        self._check_room(base)
        self._qemu_img(
            instance, "convert", "-f", recipe.image.format, "-O", "raw", str(base), str(made)
        )
        os.truncate(made, size)
        _sync(made)
        return "raw"

    def _check_room(self, base: Path) -> None:
        """Rather now than after a long copy; the copy itself is told too, if it comes to that."""
        room = os.statvfs(self._pool.path)
        if room.f_bavail * room.f_frsize < base.stat().st_blocks * 512:
            raise PoolFull(path=self._pool.path)

    def _qemu_img(self, instance: str, *words: str) -> None:
        try:
            done = subprocess.run(  # noqa: S603 - words of our own, paths made of UUIDs
                [self._tool.program, *words],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=self._tool.timeout_s,
                check=False,
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            )
        except subprocess.TimeoutExpired as error:
            reason = f"qemu-img took more than {self._tool.timeout_s:g} s"
            raise DiskRefused(instance=instance, reason=reason) from error
        except FileNotFoundError as error:
            reason = "this host has no qemu-img"
            raise DiskRefused(instance=instance, reason=reason) from error
        said = done.stderr.decode(errors="replace").strip()[-_SAID_MAX:]
        if done.returncode and "No space left on device" in said:
            raise PoolFull(path=self._pool.path)
        if done.returncode:
            reason = said or f"qemu-img ended with status {done.returncode}"
            raise DiskRefused(instance=instance, reason=reason)


def _size(disk: DiskFile) -> int:
    """Bytes that its guest sees."""
    if disk.format == "raw":
        return disk.path.stat().st_size
    with disk.path.open("rb") as file:
        return qcow2.virtual_size(file.read(qcow2.HEAD_BYTES))


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(path: Path, text: str) -> None:
    temporary = path.with_suffix(".format-new")
    with temporary.open("w") as out:
        out.write(f"{text}\n")
        out.flush()
        os.fsync(out.fileno())
    os.replace(temporary, path)
