"""Programs of Debian's that tests use: installed where that is possible, otherwise skipped."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

_INSTALL = Path(__file__).resolve().parents[1] / "tools" / "debian-package"
_PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


def need(program: str, package: str) -> str:
    """The program's path; skips, with what `tools/debian-package` says, if it cannot be had."""
    found = shutil.which(program, path=_PATH)
    if found is None:
        tried = _install(package)
        found = shutil.which(program, path=_PATH)
    if found is None:
        pytest.skip(f"'{program}' of the package {package}: {tried.stderr.strip()[-300:]}")
    return found


def need_packages(*packages: str) -> None:
    """For what is no program; skips likewise."""
    tried = _install(*packages)
    if tried.returncode != 0:
        pytest.skip(f"the packages {' '.join(packages)}: {tried.stderr.strip()[-300:]}")


def _install(*packages: str) -> subprocess.CompletedProcess[str]:
    with (Path(tempfile.gettempdir()) / "hostdown-debian.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return subprocess.run([_INSTALL, *packages], capture_output=True, text=True, timeout=600)
