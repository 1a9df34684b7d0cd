"""Random calls and random faults on hosts that share a pool; the properties hold at every step."""

import os

import pytest
from tests.scenarios.chaos import Chaos
from tests.scenarios.servers import Store

from hostdown.domain.pools import PoolClass

SEEDS = int(os.environ.get("HOSTDOWN_CHAOS", "2"))
STEPS = int(os.environ.get("HOSTDOWN_CHAOS_STEPS", "100"))

ONLY = os.environ.get("HOSTDOWN_SEED")
CHOSEN = [int(ONLY)] if ONLY else range(1, SEEDS + 1)


@pytest.mark.parametrize("kind", [PoolClass.LOCKS, PoolClass.NOLOCK])
@pytest.mark.parametrize("seed", CHOSEN)
def test_nothing_runs_twice_and_everything_comes_to_rest(
    simulated_store: Store, seed: int, kind: PoolClass
) -> None:
    try:
        Chaos(simulated_store, seed, kind).run(STEPS)
    except Exception as error:
        error.add_note(f"Again: HOSTDOWN_SEED={seed} .venv/bin/pytest -q {__file__} -k {kind}")
        raise
