"""docs/howto/beside-nova.md shows what the stock client prints at a real Nova."""

import os
import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.clouds.settings import VERSION, WAIT_S, NovaSetting
from tests.processes.harness import until
from tools.nova import Nova

# openstacksdk warns itself of parts of its own that will go.
pytestmark = [
    pytest.mark.nova,
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
]
ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/howto/beside-nova.md"
BLOCK = re.compile(r"(?<=<!-- test: transcript -->\n\n)(?:    .*\n)+")
CLIENT_S = 60.0
HOST = "fake1"


class Stagehand:
    """Makes happen what the lines with `#` say."""

    def __init__(self, nova: Nova) -> None:
        self._setting = NovaSetting(nova)
        self.events: dict[str, Callable[[], None]] = {
            "fake1 loses its power": lambda: self._setting.kill(HOST),
            "the evacuation is done": lambda: self._reach("done"),
            "fake1 boots, and the evacuation is completed": self._boot,
            "fake1 is heard": self._hear,
        }

    def _reach(self, status: str) -> None:
        """Of the newest evacuation, which a Nova tells first."""
        cloud = self._setting.cloud
        until(lambda: cloud.evacuations_from(HOST)[0].status == status, WAIT_S)

    def _boot(self) -> None:
        self._setting.boot(HOST)
        self._reach("completed")

    def _hear(self) -> None:
        until(lambda: all(each.up for each in self._setting.cloud.services()), WAIT_S)


def say(nova: Nova, line: str) -> list[str]:
    """What a command prints, errors as well."""
    clients = os.environ.get("HOSTDOWN_CLIENTS", str(ROOT / ".venv-clients" / "bin"))
    program, *words = shlex.split(line)
    done = subprocess.run(
        [f"{clients}/{program}", *words],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=CLIENT_S, check=False,
        env=os.environ | nova.environ | {"OS_COMPUTE_API_VERSION": VERSION},
    )  # fmt: skip
    return [each.rstrip() for each in done.stdout.splitlines() if each.strip()]


def played(nova: Nova, written: str) -> str:
    """The block as it is today."""
    stagehand, lines = Stagehand(nova), []
    for line in (each[4:] for each in written.splitlines()):
        if line.startswith("# "):
            stagehand.events[line[2:]]()
            lines.append(line)
        if line.startswith("$ "):
            lines += [line, *say(nova, line[2:])]
    return "".join(f"    {line}\n" for line in lines)


def test_the_page_shows_what_the_client_prints(nova: Nova) -> None:
    """HOSTDOWN_REWRITE=1 writes the page anew."""
    page = PAGE.read_text()
    (written,) = BLOCK.findall(page)
    found = played(nova, written)
    if os.environ.get("HOSTDOWN_REWRITE"):
        PAGE.write_text(page.replace(written, found))
    else:
        assert found == written
