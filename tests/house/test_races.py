"""No race is forgotten: each row is a scenario and runs in the lab, or a page says why not."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from tests.lab import races_of_moves, races_of_returns, test_live_moves

ROOT = Path(__file__).resolve().parents[2]
SCENARIOS = ROOT / "tests/scenarios/races"


def rows() -> dict[int, str]:
    """The names of all races, by number."""
    page = (ROOT / "docs/explanation/races.md").read_text()
    found = re.findall(r"^\| (\d+) \| ([^|]+) \|", page, re.M)
    return {int(number): name.strip() for number, name in found}


def left_out(page: str, heading: str) -> list[int]:
    """The rows in the table below a heading."""
    _, _, below = (ROOT / page).read_text().partition(f"## {heading}\n")
    found: list[int] = []
    for words in re.findall(r"^\| ([\d, -]+) \|", below.partition("\n## ")[0], re.M):
        for each in words.split(", "):
            first, _, last = each.partition("-")
            found += range(int(first), int(last or first) + 1)
    return found


def in_scenarios() -> list[str]:
    """The beginnings of their first lines."""
    return [path.read_text().partition(":")[0] for path in SCENARIOS.glob("*.txt")]


def in_the_lab() -> list[str]:
    names = [*vars(races_of_moves), *vars(races_of_returns)]
    races = [each.removeprefix("race_") for each in names if each.startswith("race_")]
    sent = [each.removeprefix("test_") for each in vars(test_live_moves)]
    return races + [each for each in sent if each[:1].isdigit()]


def test_there_are_the_rows_that_there_are() -> None:
    assert list(rows()) == list(range(1, 72))


@pytest.mark.parametrize(
    ("here", "left"),
    [
        (
            {int(each.split()[0]) for each in in_scenarios()},
            left_out("tests/scenarios/README.md", "Rows that are not here"),
        ),
        (
            {int(each.split("_")[0]) for each in in_the_lab()},
            left_out("tests/lab/README.md", "Rows that a lab cannot make"),
        ),
    ],
    ids=["scenarios", "lab"],
)
def test_each_row_is_there_or_a_page_says_why_not(here: Iterable[int], left: list[int]) -> None:
    assert len(set(left)) == len(left)
    assert sorted([*here, *left]) == sorted(rows())


def test_scenarios_and_races_of_the_lab_have_the_names_of_their_rows() -> None:
    known = rows()
    for title in in_scenarios():
        number, _, name = title.partition(" ")
        assert known[int(number)] == name
    for race in in_the_lab():
        number, _, name = race.partition("_")
        assert name.startswith(known[int(number)].replace("-", "_"))
