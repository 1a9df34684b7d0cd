"""An agent killed by SIGKILL at each numbered step: the next one finishes or undoes.

HOSTDOWN_CRASHES=20 runs each case so many times, for the whole matrix.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.agent.crash_cases import CASES, PAIRS, again, prepared

from hostdown.agent.site import Step

ROOT = Path(__file__).resolve().parents[2]
TIMES = int(os.environ.get("HOSTDOWN_CRASHES", "1"))


class Mortal:
    """A process that forks agents which die."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.agent.crash_cases"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def die(self, root: Path, name: str, step: Step) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([str(root), name, step]) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def end(self) -> None:
        self._process.communicate(timeout=10)


@pytest.fixture(scope="module")
def mortal() -> Iterator[Mortal]:
    started = Mortal()
    yield started
    started.end()


@pytest.mark.parametrize("name", CASES)
def test_without_a_crash_a_case_goes_by_its_steps(tmp_path: Path, name: str) -> None:
    bed = prepared(tmp_path, name)
    bed.ask(*CASES[name].last)
    assert tuple(bed.steps) == CASES[name].steps
    CASES[name].check(bed)


@pytest.mark.parametrize("time", range(TIMES))
@pytest.mark.parametrize(("name", "step"), PAIRS, ids=[f"{n}-{s.name}" for n, s in PAIRS])
def test_the_next_agent_finishes_or_undoes(
    tmp_path: Path, mortal: Mortal, name: str, step: Step, time: int
) -> None:
    assert mortal.die(tmp_path, name, step) == signal.SIGKILL
    bed = again(tmp_path, name)
    CASES[name].check(bed)
    settled = bed.guests.befell(bed.told.last.uuid)
    again(tmp_path, name)
    assert bed.guests.befell(bed.told.last.uuid) == settled


@pytest.mark.parametrize("name", CASES)
def test_agents_that_die_again_and_again_get_there(
    tmp_path: Path, mortal: Mortal, name: str
) -> None:
    """Each dies one step further than the one before it, as long as there is a step to die at."""
    for step in CASES[name].steps:
        if mortal.die(tmp_path, name, step) != signal.SIGKILL:
            break
    CASES[name].check(again(tmp_path, name))


def test_a_server_of_which_nothing_is_asked_any_more_is_undone_wherever_its_start_died(
    tmp_path: Path, mortal: Mortal
) -> None:
    for step in CASES["boot"].steps:
        own = tmp_path / step.name
        own.mkdir()
        assert mortal.die(own, "boot", step) == signal.SIGKILL
        bed = again(own, "surrender")
        assert bed.state is None
        lease = bed.lease
        assert lease is None or lease.state == "free"
        assert not bed.note.generation or bed.told.last.gone
