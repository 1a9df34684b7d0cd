"""The judges' own environment, and how its programs are run: with a time limit, to a log file."""

import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from hostdown.drivers.system_clock import SystemClock

ROOT = Path(__file__).resolve().parents[2]
TELL_EVERY_S = 15.0
END_S = 10.0
OUTPUT_S = 120.0
_WITH_US = ("setpriv", "--pdeathsig", "TERM", "--")
_CLOCK = SystemClock()


def program(name: str) -> str:
    """A program of the judges' environment, which `make judge` sets up."""
    return str(Path(os.environ.get("HOSTDOWN_JUDGE", ROOT / ".venv-judge" / "bin")) / name)


def environment(home: Path) -> dict[str, str]:
    """The caller's, without what would lead a judge elsewhere or leave files behind."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("OS_") and not name.lower().endswith("_proxy")
    }
    return kept | {"HOME": str(home), "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"}


def run(
    words: Sequence[str],
    place: Path,
    log: Path,
    limit_s: float,
    progress: Callable[[], str] | None = None,
) -> int:
    """Run a program in `place`, tell its progress, and return its exit status.

    Raises TimeoutError after `limit_s`, when the program has been ended. Whatever ends us ends it.
    """
    with log.open("ab") as sink:
        process = subprocess.Popen(
            [*_WITH_US, *words],
            cwd=place,
            env=environment(place),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            start_new_session=True,
        )
    try:
        return _wait(process, words[0], limit_s, progress)
    finally:
        _end(process)


def _wait(
    process: subprocess.Popen[bytes],
    name: str,
    limit_s: float,
    progress: Callable[[], str] | None,
) -> int:
    begun = _CLOCK.monotonic()
    while (left_s := limit_s - (_CLOCK.monotonic() - begun)) > 0:
        try:
            return process.wait(min(TELL_EVERY_S, left_s))
        except subprocess.TimeoutExpired:
            if progress is not None:
                print(f"  … {progress()}", flush=True)
    raise TimeoutError(f"{Path(name).name} took longer than {limit_s:g} s")


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def output(
    words: Sequence[str], place: Path, given: bytes = b"", more: Mapping[str, str] | None = None
) -> bytes:
    """What a short program prints; `more` is added to its environment.

    Raises RuntimeError with what it said if it fails.
    """
    done = subprocess.run(
        [*_WITH_US, *words], cwd=place, env=environment(place) | dict(more or {}), input=given,
        capture_output=True, check=False, timeout=OUTPUT_S,
    )  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(words)}:\n{done.stderr.decode(errors='replace')}")
    return done.stdout
