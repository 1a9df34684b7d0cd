"""Which of Tempest's tests run: all that `left_out.txt` does not name."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

LEFT_OUT = Path(__file__).with_name("left_out.txt")
OURS = re.compile(r"tempest\.(serial_tests\.)?api\.compute\.")


class Selection(NamedTuple):
    """The tests that run, and those that do not by the reason why."""

    run: list[str]
    left_out: dict[str, list[str]]


def read(text: str) -> list[tuple[str, str]]:
    """Pairs of a pattern and its reason; raises ValueError for a pattern without one."""
    pairs = []
    reason = ""
    for line in text.splitlines():
        if line.startswith(":"):
            reason = line[1:].strip()
        elif line and not line.startswith("#"):
            if not reason:
                raise ValueError(f"no reason stands before {line!r}")
            pairs.append((line, reason))
    return pairs


def select(names: Iterable[str], pairs: Iterable[tuple[str, str]]) -> Selection:
    """Part the tests of the Compute API; raises ValueError if a line has become untrue."""
    run: list[str] = []
    left_out: dict[str, list[str]] = {}
    unused = dict(pairs)
    patterns = {pattern: re.compile(_literal(pattern)) for pattern in unused}
    reasons = dict(unused)
    for name in sorted(filter(OURS.match, names)):
        matching = [pattern for pattern, regex in patterns.items() if regex.match(plain(name))]
        if len(matching) > 1:
            raise ValueError(f"{name} is left out twice: by {' and '.join(matching)}")
        if not matching:
            run.append(name)
            continue
        unused.pop(matching[0], None)
        left_out.setdefault(reasons[matching[0]], []).append(name)
    if unused:
        raise ValueError(f"no test is named like this: {', '.join(unused)}")
    return Selection(run, left_out)


def _literal(pattern: str) -> str:
    """Dots are dots."""
    return pattern.replace(".", r"\.")


def plain(name: str) -> str:
    """A test's name without its tags."""
    return name.partition("[")[0]
