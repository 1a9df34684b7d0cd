"""Whether this machine may go to sleep: one that sleeps reads off, and goes on later (F3)."""

import os
from pathlib import Path

_DIRECTORIES = ("etc/systemd/system", "run/systemd/system", "usr/lib/systemd/system")
_ALL = "sleep.target"
"""Every way to sleep needs it."""


def may_sleep(root: Path = Path("/")) -> bool | None:
    """Whether the kernel can, and systemd would; None: it can, and systemd does not run here, so
    that nobody knows what would. `root`: where all files begin."""
    try:
        can = bool((root / "sys/power/state").read_text().split())
    except OSError:
        can = False
    if not can:
        return False
    if not (root / "run/systemd/system").is_dir():
        return None
    return not _is_masked(root, _ALL)


def _is_masked(root: Path, unit: str) -> bool:
    for directory in _DIRECTORIES:
        file = root / directory / unit
        if os.path.lexists(file):
            return file.is_symlink() and os.readlink(file) == os.devnull
    return False
