"""`python -m benchmarks.start_up`: how long a command takes from Enter to the prompt.

The server is a fake on loopback that answers at once, so that what is left is our own start-up.
Goal: 0.3 s each.
"""

import os
import resource
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from time import perf_counter

from tests.cli.fake_cloud import PASSWORD, Cloud, serve

GOAL_S = 0.3
TIMES = 15
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("--help",),
    ("service", "list"),
    ("service", "list", "-f", "json"),
    ("service-force-down", "compute1", "nova-compute"),
    ("help", "service", "set"),
    ("complete",),
)


def seconds(argv: Sequence[str], environ: Mapping[str, str]) -> tuple[list[float], float]:
    """How long each of TIMES runs took, and the mean processor time of one.

    The latter is about the same on a busy machine.
    """
    taken = []
    before = _processor_s()
    for _ in range(TIMES):
        started = perf_counter()
        subprocess.run(argv, env=environ, capture_output=True, check=True)
        taken.append(perf_counter() - started)
    return taken, (_processor_s() - before) / TIMES


def _processor_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Print the table."""
    cloud = Cloud()
    server = serve(cloud)
    environ = {
        **os.environ,
        "OS_AUTH_URL": f"{cloud.url}/identity",
        "OS_USERNAME": "admin",
        "OS_PASSWORD": PASSWORD,
        "OS_PROJECT_NAME": "admin",
        "OS_REGION_NAME": "RegionOne",
    }
    lines: list[tuple[str, Sequence[str]]] = [("python -c pass", [sys.executable, "-c", "pass"])]
    for words in COMMANDS:
        lines.append((f"hostdown {' '.join(words)}", [sys.executable, "-m", "hostdown", *words]))
    print(f"{'command':<52} {'median':>8} {'worst':>8} {'CPU':>8}   goal {GOAL_S} s")
    for name, argv in lines:
        taken, processor_s = seconds(argv, environ)
        median, worst = statistics.median(taken), max(taken)
        print(f"{name:<52} {median:>6.3f} s {worst:>6.3f} s {processor_s:>6.3f} s")
    server.shutdown()
    server.server_close()


if __name__ == "__main__":
    main()
