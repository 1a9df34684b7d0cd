"""Incidents on a clock of their own: the races of docs/explanation/races.md, storms in which many
hosts fail or seem to, bugs of Nova's that must not come back here, and its sharp edges.
"""

import os
import re
from pathlib import Path

import pytest
from tests.scenarios.script import Play, Race, cases, parse, rewrite
from tests.scenarios.servers import Store
from tests.scenarios.traps import Moment

INCIDENTS = [Path(__file__).with_name(each) for each in ("races", "bugs", "edges", "storms")]
SEEDS = int(os.environ.get("HOSTDOWN_SEEDS", "0"))
"""Beside the calm run, which has none."""

CASES = [
    pytest.param(
        race,
        step,
        id="-".join(filter(None, (race.path.stem, step))),
        marks=[pytest.mark.long] if race.is_long else [],
    )
    for directory in INCIDENTS
    for race, step in cases(directory)
]


def test_the_leader_is_killed_at_every_step_of_a_recovery() -> None:
    """Whoever adds a step says what becomes of it then."""
    killed = set()
    for path in (Path(__file__).with_name("storms")).glob("leader-killed*.txt"):
        race = parse(path)
        kills = " ".join(line for line in race.lines if line.endswith(": kill the leader"))
        killed |= set(race.each) | set(re.findall(r"[A-Z]+_?[A-Z]+", kills))
    assert {each.name for each in Moment} <= killed


def untimed(timeline: list[str]) -> list[str]:
    """What happened, in its order; the seconds beside it are for people."""
    return [line.split(maxsplit=1)[1] for line in timeline]


@pytest.mark.parametrize(("race", "step"), CASES)
def test_an_incident_ends_as_it_must(
    race: Race, step: str, simulated_store: Store, request: pytest.FixtureRequest
) -> None:
    calm = Play(race, simulated_store, None, step)
    calm.run()
    if step == (race.each or [""])[0]:
        if request.config.getoption("--rewrite", default=False):
            rewrite(race, calm.sim.timeline.lines)
        else:
            assert untimed(calm.sim.timeline.lines) == untimed(race.timeline), "See --rewrite."
    only = os.environ.get("HOSTDOWN_SEED")
    for seed in range(1, SEEDS + 1) if only is None else [int(only)]:
        try:
            Play(race, simulated_store, seed, step).run()
        except Exception as error:
            again = f"HOSTDOWN_SEED={seed} .venv/bin/pytest -q '{request.node.nodeid}'"
            error.add_note(f"Again: {again}")
            raise
