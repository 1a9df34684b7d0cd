"""A store of images over a fresh database and directory, and files to put into it."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import NamedTuple

from tests.debian import need
from tests.stores import fast_directory, sqlite_settings

from hostdown.domain.image import Image
from hostdown.drivers.image_files import DirectoryImages
from hostdown.drivers.qemu_img import QemuImg
from hostdown.services import images
from hostdown.services.directory_ports import Directory
from hostdown.services.image_data import ImageStore
from hostdown.storage import open_storage

PROJECT = "6f70656e737461636b20342065766572"
START = datetime(2026, 11, 20, 10, 0, 0)
VIRTUAL_MAX = 2**30


class House(NamedTuple):
    """`files` is where the bytes are; its parent is for what a test makes."""

    store: ImageStore
    files: Path

    @property
    def directory(self) -> Directory:
        return self.store.directory

    def image(self, **facts: object) -> Image:
        """A new one without bytes."""
        formats = {"disk_format": "raw", "container_format": "bare"}
        return images.create(self.directory, PROJECT, {**formats, **facts}, self.store.now())

    def current(self, image: Image) -> Image | None:
        return self.directory.read(lambda rows: rows.images.get(image.id))

    def names(self) -> list[str]:
        """What lies in the directory of images."""
        return sorted(os.listdir(self.files)) if self.files.exists() else []


@contextmanager
def open_house(place: Path, **limits: int) -> Iterator[House]:
    ticks = count(1)

    def now() -> datetime:
        return START + timedelta(seconds=next(ticks))

    with fast_directory() as databases:
        storage = open_storage(sqlite_settings(Path(databases)))
        files = DirectoryImages(place / "images", limits.get("free_bytes_min", 0))
        inspector = QemuImg(VIRTUAL_MAX)
        bytes_max = limits.get("bytes_max", 2**20)
        try:
            yield House(
                ImageStore(storage.directory, files, inspector, bytes_max, now), place / "images"
            )
        finally:
            storage.close()


def qcow2(path: Path, *options: str, size: str = "1M") -> bytes:
    """The bytes of a file that qemu-img makes."""
    made = [need("qemu-img", "qemu-utils"), "create", "-q", "-f", "qcow2", *options, path, size]
    subprocess.run(made, check=True, timeout=30)
    return path.read_bytes()


def filled(path: Path) -> bytes:
    """A qcow2 file with data in all its clusters."""
    raw = path.with_suffix(".raw")
    raw.write_bytes(os.urandom(2**20))
    program = need("qemu-img", "qemu-utils")
    subprocess.run([program, "convert", "-O", "qcow2", raw, path], check=True, timeout=30)
    return path.read_bytes()
