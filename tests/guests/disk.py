"""Disks that count: the boot sector of tools/guest/counter.s, and what it wrote."""

import struct
import subprocess
import tempfile
import threading
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.debian import need
from tests.processes.harness import until

TOOLS = Path(__file__).resolve().parents[2] / "tools" / "guest"
SECTOR = 512
DISK_BYTES = 1_048_576
"""Of a disk for tests; the guest uses three sectors of it."""
TICK_S = 1.0
"""Between two counts; the guest's second is a little shorter."""


class Count(NamedTuple):
    """What the guest wrote last: `mark` is another one after each start, 0 before the first."""

    counter: int
    mark: int


@cache
def assembled(source: str) -> bytes:
    """The 512 bytes of a source in tools/guest."""
    need("as", "binutils")
    with tempfile.TemporaryDirectory() as directory:
        output = Path(directory) / "sector"
        subprocess.run([TOOLS / "assemble", TOOLS / source, output], check=True, timeout=60)
        return output.read_bytes()


def make_disk(path: Path) -> Path:
    """A raw disk that nobody has booted from."""
    path.write_bytes(assembled("counter.s"))
    with path.open("r+b") as disk:
        disk.truncate(DISK_BYTES)
    return path


def count(path: Path) -> Count:
    """Where the guest on this disk is."""
    magic, counter, mark = struct.unpack("<4sII", _sector(path, 1)[:12])
    return Count(counter, mark) if magic == b"TICK" else Count(0, 0)


def twin_seen(path: Path) -> bool:
    """Whether two copies wrote to the disk at one time, ever."""
    return _sector(path, 2).startswith(b"TWIN")


def counted(path: Path, beyond: int) -> Count:
    """What it wrote last, once it has counted beyond a number."""
    until(lambda: count(path).counter > beyond)
    return count(path)


def stands_still(path: Path) -> bool:
    """Whether it does not count for longer than a tick."""
    before = count(path)
    threading.Event().wait(TICK_S * 1.2)
    return count(path) == before


def _sector(path: Path, number: int) -> bytes:
    with path.open("rb") as disk:
        disk.seek(number * SECTOR)
        return disk.read(SECTOR)
