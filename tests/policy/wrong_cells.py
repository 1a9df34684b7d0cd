"""How a matrix that is not as it should be is told: one line for each wrong cell."""

from typing import NamedTuple

import pytest

LINES_MAX = 40


class Cell(NamedTuple):
    """One question and both answers."""

    what: str
    who: str
    expected: str
    observed: str


def compare(cells: list[Cell]) -> None:
    """Fail with the wrong cells in columns, if there are any."""
    assert cells
    wrong = [cell for cell in cells if cell.expected != cell.observed]
    if not wrong:
        return
    shown = [Cell("operation", "caller", "expected", "observed"), *wrong[:LINES_MAX]]
    widths = [max(len(cell[column]) for cell in shown) for column in range(4)]
    lines = ["  ".join(map(str.ljust, cell, widths)).rstrip() for cell in shown]
    lines.append(f"{len(wrong)} of {len(cells)} cells are wrong")
    pytest.fail("\n".join(lines), pytrace=False)
