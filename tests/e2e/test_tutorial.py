"""The tutorial is true: a shell types what it says, and sees what it shows."""

import os
import re
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hostdown.cli.demo.stage import PORT, free_address

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "tutorial" / "first-ten-minutes.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
PATIENCE_S = 30
"""What the shell and what it started may take to end."""


class Shell:
    """One interactive bash, as the reader has it: jobs, variables and directory stay."""

    def __init__(self, directory: Path, environment: dict[str, str]) -> None:
        self._bash = subprocess.Popen(
            ["bash", "--norc"],
            cwd=directory,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def type(self, lines: str) -> tuple[int, str]:
        """The exit status of the last line, and what all of them printed."""
        assert self._bash.stdin is not None
        assert self._bash.stdout is not None
        mark = f"end-{secrets.token_hex(8)}"
        self._bash.stdin.write(f'{lines}\nprintf "%s %s\\n" {mark} $?\n')
        self._bash.stdin.flush()
        printed = []
        for line in self._bash.stdout:
            if line.startswith(mark):
                return int(line.removeprefix(mark)), "".join(printed)
            printed.append(line)
        raise AssertionError("the shell ended: " + "".join(printed))

    def close(self) -> None:
        """End it, and whatever a failed page left running."""
        assert self._bash.stdin is not None
        self._bash.stdin.write("kill $(jobs -p) 2>/dev/null; wait; exit\n")
        self._bash.stdin.close()
        try:
            self._bash.wait(PATIENCE_S)
        finally:
            if self._bash.poll() is None:
                os.killpg(self._bash.pid, signal.SIGKILL)
                self._bash.wait()
            assert self._bash.stdout is not None
            self._bash.stdout.close()


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """A shell in a directory that looks like the sources, where `make` has nothing left to do."""
    programs = Path(os.environ.get("HOSTDOWN_CLIENTS", ROOT / ".venv-clients" / "bin"))
    for needed in (programs, Path(sys.prefix, "bin", "hostdown")):
        if not needed.exists():
            pytest.skip(f"{needed} is not there: 'make test' sets it up")
    (tmp_path / ".venv").symlink_to(sys.prefix)
    (tmp_path / ".venv-clients").symlink_to(programs.parent)
    (tmp_path / "Makefile").write_text("venv clients:\n\t@true\n")
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("OS_", "MAKE"))
    }
    made = Shell(tmp_path, kept | {"COLUMNS": "100"})
    yield made
    made.close()


def alike(text: str) -> list[str]:
    """Lines without what differs each time: ids, times, the widths of columns, who came first."""
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID", text)
    text = re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?", "TIME", text)
    return sorted(re.sub(r"[ -]+", " ", line).strip() for line in text.splitlines())


@pytest.mark.long
def test_every_command_of_the_tutorial_prints_what_the_page_shows(shell: Shell) -> None:
    """At once, as for a reader who pastes one block after the other."""
    address = free_address(PORT)
    for commands, shown in BLOCK.findall(PAGE.read_text()):
        # The page's server listens on the default address, which others on this machine may want.
        commands = commands.replace("\nEND\n", f"\n[server]\nbind_host = {address}\nEND\n")
        status, printed = shell.type(commands)
        assert status == 0, f"{commands}\n{printed}"
        if shown:
            assert alike(printed) == alike(shown), f"{commands}\n{printed}"
