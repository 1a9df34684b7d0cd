"""The parent of a Nova's processes, spoken to by lines (see `inside/family.py`)."""

import contextlib
import json
import os
import subprocess
from pathlib import Path
from socket import socket

INSIDE = Path(__file__).resolve().parent / "inside"
END_S = 30.0


class Family:
    """Use as a context: all its processes end with it."""

    def __init__(
        self, programs: Path, directory: Path, environ: dict[str, str], ports: list[socket]
    ) -> None:
        self._command = [
            "setpriv", "--pdeathsig", "KILL", "--",
            str(programs / "python"), str(INSIDE / "family.py"),
        ]  # fmt: skip
        self._directory = directory
        self._environ = os.environ | environ
        self._ports = [port.fileno() for port in ports]

    def __enter__(self) -> "Family":
        with (self._directory / "family.out").open("ab") as log:
            self._parent = subprocess.Popen(
                self._command, cwd=self._directory, env=self._environ, pass_fds=self._ports,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
                start_new_session=True,
            )  # fmt: skip
        try:
            self._read()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def _end(self) -> None:
        assert self._parent.stdin is not None  # noqa: S101 - it is a pipe
        with contextlib.suppress(BrokenPipeError):
            self._parent.stdin.close()
        try:
            self._parent.wait(END_S)
        except subprocess.TimeoutExpired:
            self._parent.kill()
            self._parent.wait()
        assert self._parent.stdout is not None  # noqa: S101 - it is a pipe
        self._parent.stdout.close()

    def run(self, name: str, words: list[str]) -> None:
        """Run a program to its end; raises RuntimeError if it fails."""
        status = self._ask(name=name, words=words, wait=True)
        if status != 0:
            said = (self._directory / f"{name}.out").read_text()
            raise RuntimeError(f"{' '.join(words)} ended with {status}; it said:\n{said}")

    def start(self, name: str, words: list[str]) -> int:
        """Start a program; returns its pid."""
        return self._ask(name=name, words=words)

    def kill(self, name: str) -> None:
        """End a program at once, with its children."""
        self._ask(name=name)

    def _ask(self, **wish: object) -> int:
        assert self._parent.stdin is not None  # noqa: S101 - it is a pipe
        self._parent.stdin.write(json.dumps(wish) + "\n")
        self._parent.stdin.flush()
        return int(self._read())

    def _read(self) -> str:
        assert self._parent.stdout is not None  # noqa: S101 - it is a pipe
        line = self._parent.stdout.readline()
        if not line:
            said = (self._directory / "family.out").read_text()
            raise RuntimeError(f"Nova's processes ended; they said:\n{said}")
        return line.strip()
