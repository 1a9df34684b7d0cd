"""Runs the programs that talk to fence devices, each within a hard bound of time and of output.

A library that waits for a device cannot be told to stop; a process can be killed. Whatever it
started goes with it: a power-off that is sent after its time could hit a host that is back.
"""

import os
import secrets
import selectors
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, NamedTuple

from hostdown.domain.fence_errors import FenceFailed
from hostdown.drivers.system_clock import SystemClock

OUTPUT_BYTES_MAX = 1 << 20
"""What one program that talks to a fence device may write; a sane answer has some hundred bytes."""
INPUT_BYTES_MAX = 1 << 15
"""What such a program is told on its standard input; it fits into a pipe, so nobody waits."""
KILLED_WITHIN_S = 1.0
"""Seconds that a killed program gets to be gone; one that hangs in the kernel is left behind."""

MARK = "HOSTDOWN_FENCE"
"""Environment variable by which all processes of one call are found, also in other sessions."""

PATH = ("/usr/sbin", "/usr/bin", "/sbin", "/bin")
"""Where programs are looked for."""
_TIED = (sys.executable, "-I", "-S", str(Path(__file__).with_name("tied_program.py")))
"""When we are killed, a program must not go on with what nobody waits for any more."""
_HUNTS_MAX = 5
_PIECE_BYTES = 1 << 16


class Call(NamedTuple):
    """One program to run. `device` names in errors what it talks to; `timeout_s` in seconds.

    `package` is Debian's that has the program.
    """

    device: str
    words: Sequence[str]
    timeout_s: float
    input: bytes = b""
    variables: Mapping[str, str] = {}
    package: str = ""


class Ended(NamedTuple):
    """How a program ended by itself; negative for a signal."""

    status: int
    out: bytes
    err: bytes


def run(call: Call) -> Ended:
    """Run it; raises FenceFailed if it does not end in time, says too much, or is not there.

    When this returns or raises, nothing that it started runs any more.
    """
    program = Program(call)
    try:
        out, err = program.told(call, to_its_end=True)
    finally:
        program.end()
    return Ended(program.status, out, err)


class Program:
    """One that runs until `end`; raises FenceFailed if it cannot be begun."""

    def __init__(self, call: Call) -> None:
        _check(call)
        mark = secrets.token_hex(16)
        self._mark = f"{MARK}={mark}".encode()
        self._process = _start(call, mark)
        self._ended = open(os.pidfd_open(self._process.pid), "rb", 0)  # noqa: SIM115 - see `end`
        self._open = True

    @property
    def status(self) -> int:
        """How it ended; only after `end`."""
        return self._process.returncode

    def told(self, call: Call, to_its_end: bool) -> tuple[bytes, bytes]:
        """Tell it, and both outputs: all of them, or up to a line's end on the first one.

        One that ends is not told more. Raises FenceFailed, and then nothing of it is left.
        """
        try:
            _check(call)
            return self._conversation(call, to_its_end)
        except FenceFailed:
            _kill(self._process)
            _hunt(self._mark)
            self.end()
            raise

    def end(self) -> None:
        """Kill it, if it has not ended; once is enough."""
        if not self._open:
            return
        self._open = False
        # Not reaped yet, so the number still is this program's and its group's.
        _kill(self._process)
        _reap(self._process, self._ended)
        self._ended.close()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                with suppress(OSError):
                    stream.close()

    def _conversation(self, call: Call, to_its_end: bool) -> tuple[bytes, bytes]:
        """One that it started is not waited for."""
        told, *streams = (self._process.stdin, self._process.stdout, self._process.stderr)
        with suppress(BrokenPipeError):
            _pipe(told).write(call.input)
            _pipe(told).flush()
            if to_its_end:
                _pipe(told).close()
        clock = SystemClock()
        end_s = clock.monotonic() + call.timeout_s
        said = {_pipe(stream).fileno(): bytearray() for stream in streams}
        out, err = said.values()
        with selectors.DefaultSelector() as selector:
            selector.register(self._ended, selectors.EVENT_READ)
            for number in said:
                os.set_blocking(number, False)
                selector.register(number, selectors.EVENT_READ)
            goes_on = True
            while goes_on:
                left_s = end_s - clock.monotonic()
                ready = selector.select(left_s) if left_s > 0 else []
                if not ready:
                    raise _late(call)
                goes_on = not any(key.fileobj is self._ended for key, _ in ready)
                for number, text in said.items():
                    if not _read(number, text, call) and number in selector.get_map():
                        selector.unregister(number)
                goes_on = goes_on and (to_its_end or b"\n" not in out)
        return bytes(out), bytes(err)


def _check(call: Call) -> None:
    if len(call.input) > INPUT_BYTES_MAX:
        raise FenceFailed(f"What is to be told to {call.device} is too long.", retry=False)
    if call.timeout_s <= 0:
        raise _late(call)


def installed(program: str, package: str) -> str:
    """Where it is; raises FenceFailed if it is not there. `package` is Debian's, "" for none."""
    path = ":".join(PATH)
    found = shutil.which(program, path=path)
    if found is None:
        known = f" (Debian: {package})" if package else ""
        raise FenceFailed(f"'{program}'{known} is not in {path}; install it.", retry=False)
    return found


def _start(call: Call, mark: str) -> subprocess.Popen[bytes]:
    path = ":".join(PATH)
    program = installed(call.words[0], call.package)
    surroundings = {"PATH": path, "LC_ALL": "C.UTF-8", "HOME": "/", MARK: mark}
    try:
        return subprocess.Popen(  # noqa: S603 - no shell, and its words hold nothing from outside
            [*_TIED, str(os.getpid()), program, *call.words[1:]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd="/",
            env={**surroundings, **call.variables},
            start_new_session=True,
        )
    except OSError as error:
        sentence = f"{program} cannot be run: {error.strerror}."
        raise FenceFailed(sentence, retry=True) from None


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None  # noqa: S101 - all three are pipes
    return stream


def _read(number: int, text: bytearray, call: Call) -> bool:
    """Take what is there; False at the end of the stream."""
    while True:
        try:
            piece = os.read(number, _PIECE_BYTES)
        except BlockingIOError:
            return True
        text += piece
        if len(text) > OUTPUT_BYTES_MAX:
            sentence = f"{call.device} answered more than {OUTPUT_BYTES_MAX} bytes."
            raise FenceFailed(sentence, retry=True)
        if not piece:
            return False


def _late(call: Call) -> FenceFailed:
    sentence = (
        f"{call.device} did not answer in time: see whether it is reached from here, or give it a "
        "longer 'timeout'."
    )
    return FenceFailed(sentence, retry=True)


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _reap(process: subprocess.Popen[bytes], ended: IO[bytes]) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(ended, selectors.EVENT_READ)
        if selector.select(KILLED_WITHIN_S):
            process.wait()


def _hunt(mark: bytes) -> None:
    """Kill what left the program's session, as a terminal's programs do; it forks meanwhile."""
    for _ in range(_HUNTS_MAX):
        if not any([_kill_marked(Path(entry.path), mark) for entry in os.scandir("/proc")]):
            return


def _kill_marked(place: Path, mark: bytes) -> bool:
    if not place.name.isdecimal() or not _is_marked(place, mark):
        return False
    try:
        pidfd = os.pidfd_open(int(place.name))
    except ProcessLookupError:
        return False
    try:
        # A second look: the number may belong to another process by now.
        if _is_marked(place, mark):
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
            return True
    except (ProcessLookupError, PermissionError):
        return False
    finally:
        os.close(pidfd)
    return False


def _is_marked(place: Path, mark: bytes) -> bool:
    try:
        return mark in (place / "environ").read_bytes().split(b"\0")
    except OSError:  # it ended, or is somebody else's
        return False
