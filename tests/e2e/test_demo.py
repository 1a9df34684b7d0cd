"""`hostdown demo` ends by itself, holds what it promises, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hostdown.drivers.system_clock import SystemClock

TIMEOUT_S = 300


@pytest.fixture
def demo(clients: Path, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A demo that runs; its temporary directories are made under `tmp_path`."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "hostdown",
            "demo",
            "--openstack",
            str(clients / "openstack"),
            "--on",
            "swarm",
        ],
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


@pytest.mark.long
@pytest.mark.parametrize(
    ("moment", "ending"),
    [
        ("1. A server starts", signal.SIGINT),
        ("2. Three simulated", signal.SIGTERM),
        ("3. A monitor", signal.SIGINT),
    ],
)
def test_interrupted_at_any_step_it_leaves_nothing(
    demo: subprocess.Popen[str], tmp_path: Path, moment: str, ending: signal.Signals
) -> None:
    assert demo.stdout is not None
    assert any(line.startswith(moment) for line in demo.stdout)
    demo.send_signal(ending)
    demo.communicate(timeout=TIMEOUT_S)
    assert demo.returncode == 130
    assert left_behind(tmp_path) == []


@pytest.mark.long
def test_killed_outright_it_leaves_no_process(demo: subprocess.Popen[str], tmp_path: Path) -> None:
    assert demo.stdout is not None
    assert any(line.startswith("3. A monitor") for line in demo.stdout)
    demo.kill()
    demo.wait()
    clock, pause = SystemClock(), threading.Event()
    give_up = clock.monotonic() + TIMEOUT_S
    while left_behind(tmp_path)[1:]:
        # The first is the directory, which nobody was left to remove.
        assert clock.monotonic() < give_up, left_behind(tmp_path)
        pause.wait(0.1)
