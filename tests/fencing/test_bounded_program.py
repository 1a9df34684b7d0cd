"""A program that talks to a device ends when its time is up, with all that it started."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from tests.processes.harness import gone, until

from hostdown.domain.fence_errors import FenceFailed
from hostdown.drivers.fencing.bounded_program import INPUT_BYTES_MAX, MARK, Call, Ended, run
from hostdown.drivers.system_clock import SystemClock

LATE_S = 1.0
LONG_S = 20.0


def shell(script: str, timeout_s: float = LONG_S, told: bytes = b"") -> Call:
    return Call("The device", ["sh", "-c", script], timeout_s, told)


def pid_in(path: Path) -> int:
    until(lambda: path.exists() and path.read_text().strip())
    return int(path.read_text())


def test_it_is_told_on_its_input_and_says_how_it_ended() -> None:
    done = run(shell("cat; echo trouble >&2; exit 3", told=b"a=b\n"))
    assert done == Ended(3, b"a=b\n", b"trouble\n")


def test_one_that_hears_nothing_may_end_before_it_is_told() -> None:
    assert run(shell("exec 0<&-; exit 0", told=b"x" * INPUT_BYTES_MAX)).status == 0
    with pytest.raises(FenceFailed):
        run(shell("cat", told=b"x" * (INPUT_BYTES_MAX + 1)))


def test_one_that_died_is_told_by_its_signal() -> None:
    assert run(shell("kill -9 $$")).status == -signal.SIGKILL


def test_its_signals_are_as_at_the_start_of_any_program() -> None:
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        done = run(Call("It", ["grep", "^Sig[BI]", "/proc/self/status"], LONG_S))
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    masks = [int(line.split()[1], 16) for line in done.out.splitlines()]
    assert [mask % (1 << 31) for mask in masks] == [0, 0]  # those above are the C library's own


def test_its_surroundings_are_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OS_PASSWORD", "geheim")
    done = run(Call("It", ["env"], LONG_S, variables={"OWN": "1"}))
    names = {line.partition(b"=")[0].decode() for line in done.out.splitlines()}
    assert names == {"PATH", "LC_ALL", "HOME", MARK, "OWN"}


@pytest.mark.parametrize(
    "script",
    [
        "sleep 60",
        "trap '' TERM HUP INT; while true; do sleep 0.1; done",
        "while true; do echo x; sleep 0.02; done",
        "exec 1>&- 2>&-; sleep 60",
    ],
    ids=["silent", "ignores-signals", "drips", "closed-its-output"],
)
def test_one_that_takes_too_long_is_killed(script: str, tmp_path: Path) -> None:
    clock, noted = SystemClock(), tmp_path / "pid"
    began_s = clock.monotonic()
    with pytest.raises(FenceFailed, match="did not answer in time") as failed:
        run(shell(f"echo $$ >{noted}; {script}", LATE_S))
    assert failed.value.retry
    assert LATE_S <= clock.monotonic() - began_s < LATE_S + 3.0
    assert gone(pid_in(noted))


@pytest.mark.parametrize("apart", ["", "setsid "], ids=["same-session", "session-of-its-own"])
def test_what_it_started_is_killed_with_it(apart: str, tmp_path: Path) -> None:
    noted = tmp_path / "pid"
    inner = f"{apart}sh -c 'trap \"\" TERM HUP; echo $$ >{noted}; sleep 60' & wait"
    with pytest.raises(FenceFailed):
        run(shell(inner, LATE_S))
    grandchild = pid_in(noted)
    until(lambda: gone(grandchild))


def test_nobody_waits_for_what_a_program_left_behind(tmp_path: Path) -> None:
    noted = tmp_path / "pid"
    done = run(shell(f"sleep 60 & echo $! >{noted}; echo done"))
    assert done == Ended(0, b"done\n", b"")
    until(lambda: gone(pid_in(noted)))


@pytest.mark.parametrize("stream", ["1", "2"])
def test_one_that_says_too_much_is_killed(stream: str) -> None:
    with pytest.raises(FenceFailed, match="more than 1048576 bytes") as failed:
        run(shell(f"head -c 10000000 /dev/zero >&{stream}; sleep 60"))
    assert failed.value.retry


def test_one_whose_time_is_up_already_is_not_started(tmp_path: Path) -> None:
    with pytest.raises(FenceFailed):
        run(shell(f"touch {tmp_path}/started", 0.0))
    assert not (tmp_path / "started").exists()


def test_one_that_is_not_there_is_a_sentence() -> None:
    with pytest.raises(FenceFailed, match=r"'no_such' \(Debian: no-such\) is not in") as failed:
        run(Call("It", ["no_such"], LONG_S, package="no-such"))
    assert not failed.value.retry


def test_it_does_not_outlive_us(tmp_path: Path) -> None:
    """A server that is killed leaves nobody behind who sends a power-off later."""
    noted = tmp_path / "pid"
    script = (
        "from hostdown.drivers.fencing.bounded_program import *\n"
        f"run(Call('It', ['sh', '-c', 'echo $$ >{noted}; exec sleep 60'], 60))"
    )
    with subprocess.Popen([sys.executable, "-c", script]) as server:
        child = pid_in(noted)
        server.kill()
    until(lambda: gone(child))


def test_many_at_a_time_leave_nothing_open() -> None:
    open_before = len(os.listdir("/proc/self/fd"))
    found: list[Ended] = []
    threads = [
        threading.Thread(target=lambda: found.append(run(shell("echo ok")))) for _ in range(12)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join(LONG_S)
    assert found == [Ended(0, b"ok\n", b"")] * 12
    assert len(os.listdir("/proc/self/fd")) == open_before
