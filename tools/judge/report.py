"""What the judges found, as lines for the screen."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from tools.judge.selection import Selection
from tools.judge.tempest import Result

WHY_LINES_MAX = 12


def tempest(chosen: Selection, results: list[Result]) -> Iterator[str]:
    """Counts, then everything that did not pass, by its reason."""
    by_status = {
        status: [each for each in results if each.status == status]
        for status in ("success", "skip", "fail", "absent")
    }
    failed = [*by_status["fail"], *by_status["absent"]]
    left_out = sum(map(len, chosen.left_out.values()))
    yield (
        f"  passed {len(by_status['success'])}, failed {len(failed)}, "
        f"skipped {len(by_status['skip'])}, left out {left_out}"
    )
    for result in failed:
        yield f"  FAILED {result.name}"
        yield from (f"    {line}" for line in result.why.splitlines()[-WHY_LINES_MAX:])
    for why, same in groupby(sorted(by_status["skip"], key=_why), key=_why):
        yield f"  skipped: {why}"
        yield from (f"    {each.name}" for each in same)


def left_out(chosen: Selection) -> Iterator[str]:
    """Why tests were left out, and how many; which, is in the file."""
    yield "  Left out (tools/judge/left_out.txt):"
    for why, names in chosen.left_out.items():
        yield f"    {len(names):4} {why}"


def _why(result: Result) -> str:
    return result.why


def good(results: Iterable[Result]) -> bool:
    """Whether nothing failed."""
    return all(each.status in ("success", "skip") for each in results)
