"""Removes files of a lab, and nothing of a file system that somebody mounted among them."""

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")
_OCTAL = re.compile(r"\\([0-7]{3})")


def mounts_below(directory: Path) -> list[Path]:
    """Mount points below it as we see them: hosts have theirs in namespaces of their own."""
    points = [line.split()[4] for line in _MOUNTS.read_text().splitlines()]
    spelled = [Path(_OCTAL.sub(lambda found: chr(int(found[1], 8)), each)) for each in points]
    return sorted({each for each in spelled if directory in each.parents})


def remove(entry: Path, foreign: Sequence[Path]) -> None:
    """A file or a directory, but for the mount points among `foreign` and the way to them."""
    if entry in foreign:
        return
    if any(entry in each.parents for each in foreign):
        for below in entry.iterdir():
            remove(below, foreign)
    elif entry.is_dir() and not entry.is_symlink():
        shutil.rmtree(entry)
    else:
        entry.unlink()
