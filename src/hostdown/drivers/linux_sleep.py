"""Whether this machine may go to sleep: one that sleeps reads off, and goes on later (F3)."""

import os
from pathlib import Path

_DIRECTORIES = ("etc/systemd/system", "run/systemd/system", "usr/lib/systemd/system")
_ALL = "sleep.target"
"""Every way to sleep needs it."""
_EACH = ("suspend.target", "hibernate.target", "hybrid-sleep.target")


def may_sleep(root: Path = Path("/")) -> bool:
    """Whether the kernel can, and systemd, where it runs, would; `root`: where all files begin."""
    try:
        states = (root / "sys/power/state").read_text().split()
    except OSError:
        return False
    runs_systemd = (root / "run/systemd/system").is_dir()
    if not states or not runs_systemd:
        return False
    return not (_is_masked(root, _ALL) or all(_is_masked(root, each) for each in _EACH))


def _is_masked(root: Path, unit: str) -> bool:
    for directory in _DIRECTORIES:
        file = root / directory / unit
        if os.path.lexists(file):
            return file.is_symlink() and os.readlink(file) == os.devnull
    return False
