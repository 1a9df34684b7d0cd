"""`make judge`: everything, or what the command line names; exit status 0 only if all is well."""

import argparse
import contextlib
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from tools.judge import fuzz, report, tempest
from tools.judge.bed import Bed, KeystoneBed
from tools.keystone import Keystone

from hostdown.cli.errors import CliError
from hostdown.drivers.system_clock import SystemClock

REQUESTS_LEAST = 20_000
AT_ONCE = 2

Judge = Callable[[Path], bool]


def say(*lines: str) -> None:
    """At once, also into a pipe."""
    print("\n".join(lines), flush=True)


@contextlib.contextmanager
def keystone_bed(place: Path) -> Iterator[Bed]:
    """A bed and the Keystone that it asks."""
    with Keystone(place / "keystone") as keystone, KeystoneBed(place / "bed", keystone) as bed:
        yield bed


def judge_by_tempest(place: Path, dynamic: bool, real: bool) -> bool:
    """Against the embedded identity, or a `real` Keystone."""
    accounts = "accounts made by Tempest" if dynamic else "accounts prepared in a file"
    say("", f"Tempest, {'Keystone' if real else 'embedded identity'}, {accounts}")
    with keystone_bed(place) if real else Bed(place / "bed") as bed:
        chosen, results = tempest.run(place / "tempest", bed.cloud, dynamic)
    say(*report.tempest(chosen, results))
    if real:
        say(*report.left_out(chosen))
    return report.good(results)


def judge_by_schemathesis(place: Path, seed: int) -> bool:
    """Each round has a bed of its own, because it deletes what is there."""
    with contextlib.ExitStack() as stack, ThreadPoolExecutor(AT_ONCE) as threads:
        beds = []
        for number, each in enumerate(fuzz.ROUNDS):
            bed = stack.enter_context(Bed(place / f"bed-{number}"))
            bed.fill()
            beds.append((place / f"round-{number}", bed, each))
        found = threads.map(lambda given: fuzz.run(*given, seed), beds)
        told = []
        for each, tallies in zip(fuzz.ROUNDS, found, strict=True):
            say("", f"schemathesis, {each.name} (seed {seed})", *fuzz.table(tallies))
            told += tallies.values()
    requests, failures = sum(t.requests for t in told), sum(len(t.failures) for t in told)
    say("", f"schemathesis: {requests} requests, {failures} failures")
    if requests < REQUESTS_LEAST:
        say(f"  TOO FEW: there should be {REQUESTS_LEAST} at least")
    return failures == 0 and requests >= REQUESTS_LEAST


def main() -> None:
    """Judge, tell, and keep what a failure can be understood from."""
    parser = argparse.ArgumentParser(description="Let Tempest and schemathesis judge hostdown.")
    judges: dict[str, Judge] = {
        "tempest-prepared": partial(judge_by_tempest, dynamic=False, real=False),
        "tempest-dynamic": partial(judge_by_tempest, dynamic=True, real=False),
        # Keystone on SQLite does not take several writers at once.
        "tempest-keystone": partial(judge_by_tempest, dynamic=False, real=True),
    }
    parser.add_argument("names", nargs="*", metavar="JUDGE", help="all of them, if none is named")
    parser.add_argument("--seed", type=int, default=1, help="of schemathesis' random requests")
    given = parser.parse_args()
    judges["schemathesis"] = partial(judge_by_schemathesis, seed=given.seed)
    if not judges.keys() >= set(given.names):
        parser.error(f"the judges are {', '.join(judges)}")
    clock = SystemClock()
    begun = clock.monotonic()
    place = Path(tempfile.mkdtemp(prefix="hostdown-judge-"))
    say(f"Everything that is said is kept in {place} until all is well.")
    verdicts = {}
    for name in given.names or judges:
        (place / name).mkdir()
        try:
            verdicts[name] = judges[name](place / name)
        except (RuntimeError, TimeoutError, CliError) as error:
            say(f"  {error}")
            verdicts[name] = False
    say("", *(f"{'well' if good else 'NOT WELL':8} {name}" for name, good in verdicts.items()))
    say(f"{clock.monotonic() - begun:.0f} s")
    if all(verdicts.values()):
        shutil.rmtree(place)
    else:
        sys.exit(f"What was said is in {place}")


if __name__ == "__main__":
    main()
