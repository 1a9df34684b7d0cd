"""`hostdown demo` ends by itself, holds what it promises, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

TIMEOUT_S = 120


@pytest.fixture
def demo(clients: Path, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A demo that runs; its temporary directories are made under `tmp_path`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "hostdown", "demo", "--openstack", str(clients / "openstack")],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        start_new_session=True,
    )
    yield process
    if process.poll() is None:
        process.kill()
    assert process.stdout is not None
    process.stdout.close()
    process.wait()


def left_behind(directory: Path) -> list[str]:
    """Files under the directory, and processes whose command line names it."""
    found = [str(path) for path in directory.iterdir()]
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if str(directory).encode() in words:
            found.append(words.replace(b"\0", b" ").decode(errors="replace"))
    return found


def test_it_holds_what_it_promises(demo: subprocess.Popen[str], tmp_path: Path) -> None:
    printed, _ = demo.communicate(timeout=TIMEOUT_S)
    assert demo.returncode == 0, printed
    assert "[NO]" not in printed
    assert "expectations held" in printed
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("moment", ["1. A server starts", "2. Three hosts", "3. A monitor"])
def test_interrupted_at_any_step_it_leaves_nothing(
    demo: subprocess.Popen[str], tmp_path: Path, ending: signal.Signals, moment: str
) -> None:
    assert demo.stdout is not None
    assert any(line.startswith(moment) for line in demo.stdout)
    demo.send_signal(ending)
    demo.communicate(timeout=TIMEOUT_S)
    assert demo.returncode == 130
    assert left_behind(tmp_path) == []
