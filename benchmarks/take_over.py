"""`python -m benchmarks.take_over`: two servers on one PostgreSQL, and the leader is killed.

Needs PostgreSQL's server programs; the cluster is made for this, and thrown away.
"""

import argparse
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

from tests.processes.pair import Pair, two_servers

LOOK_S = 0.005
GIVE_UP_S = 60.0


def main() -> int:
    """Measure, and print the row."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.take_over", description=__doc__)
    parser.add_argument("--times", type=int, default=10)
    options = parser.parse_args()
    took = []
    with (
        tempfile.TemporaryDirectory(prefix="hostdown-bench-") as made,
        two_servers(Path(made), {}) as pair,
    ):
        for _ in range(options.times):
            took.append(_take_over(pair))
    shown = f"p50 {statistics.median(took):.2f} s  max {max(took):.2f} s, of {len(took)}"
    print(f"{'kill -9 of the leader until the other one leads':50}{shown:36}<= 2 s")
    return 0


def _take_over(pair: Pair) -> float:
    """Seconds; the one that was killed is started again."""
    leader = pair.leader()
    while leader is None:
        leader = pair.leader()
    left = pair.other(leader)
    begun = time.perf_counter()
    leader.kill()
    pause = threading.Event()
    while pair.leader() is not left:
        if time.perf_counter() > begun + GIVE_UP_S:
            raise RuntimeError("nobody leads")
        pause.wait(LOOK_S)
    took = time.perf_counter() - begun
    leader.start()
    return took


if __name__ == "__main__":
    sys.exit(main())
