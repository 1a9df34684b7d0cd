"""A client in which commands are typed one after another, each answer read before the next.

To start `openstack` takes seconds of a processor, and a command in it a fraction of one.
"""

import shlex
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

OVER = "that-was-it"


class Said(NamedTuple):
    """What a command printed, and what it complained of."""

    out: str
    complaint: str


class Terminal:
    """`openstack` as it waits for commands, unmodified."""

    def __init__(
        self, process: "subprocess.Popen[str]", complaints: Path, patience_s: float
    ) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process, self._complaints, self._patience_s = process, complaints, patience_s
        self._in, self._out = process.stdin, process.stdout

    def type(self, *words: str) -> Said:
        """A command; what comes after it says that it is over."""
        before = self._complaints.stat().st_size
        self._in.write(f"{' '.join(map(_quoted, words))}\nshell echo {OVER}\n")
        self._in.flush()
        lines: list[str] = []
        impatient = threading.Timer(self._patience_s, self._process.kill)
        impatient.start()
        try:
            for line in self._out:
                if line.strip() == OVER:
                    return Said("".join(lines), self._complaints.read_text()[before:])
                lines.append(line)
        finally:
            impatient.cancel()
        raise AssertionError(f"It ended with {words}: {self._complaints.read_text()[before:]}")


def _quoted(word: str) -> str:
    """It takes one quotation off, and then another. A word with a `"` gets a blank before it by
    that, which no query minds."""
    once = shlex.quote(word)
    if once == word:
        return word
    return shlex.quote(once) if '"' in once else f'"{once}"'


@contextmanager
def terminal(
    program: Path, environment: Mapping[str, str], complaints: Path, patience_s: float
) -> Iterator[Terminal]:
    """One that runs; `complaints` is where its standard error goes."""
    with (
        complaints.open("w") as errors,
        subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True,
            env={**environment, "PYTHONUNBUFFERED": "1"},
        ) as process,
    ):  # fmt: skip
        try:
            yield Terminal(process, complaints, patience_s)
        finally:
            process.kill()
