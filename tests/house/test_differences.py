"""Every test that the page of differences names is there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EDGES = 78
"""So many are in the list of sharp edges."""


def test_the_differences_are_held_by_tests_that_exist() -> None:
    page = (ROOT / "docs/reference/differences.md").read_text()
    named = set(re.findall(r"`(test_\w+)`", page))
    sources = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    assert named
    assert {name for name in named if f"def {name}(" not in sources} == set()


def test_the_scenarios_of_bugs_and_edges_are_those_that_the_page_names() -> None:
    page = (ROOT / "docs/reference/differences.md").read_text()
    named = set(re.findall(r"`((?:bugs|edges)/[\w-]+)`", page))
    places = [ROOT / "tests/scenarios" / each for each in ("bugs", "edges")]
    there = {f"{path.parent.name}/{path.stem}" for place in places for path in place.glob("*.txt")}
    assert named == there


def test_the_test_of_a_bug_has_its_number() -> None:
    page = (ROOT / "docs/reference/differences.md").read_text()
    _, _, table = page.partition("| bug | what happened | test |\n")
    rows = re.findall(r"^\| ([\w, -]+) \| [^|]+ \| (.+) \|$", table, re.M)
    assert rows
    for bugs, tests in rows:
        assert [each for each in bugs.split(", ") if each in tests], bugs


def test_each_sharp_edge_is_on_the_page() -> None:
    page = (ROOT / "docs/reference/differences.md").read_text()
    _, _, told = page.partition("## Decided differently")
    told = told.partition("## Bugs of Nova")[0]
    found: set[int] = set()
    for words in re.findall(r"^(?:\| |- )((?:\d+a?(?:, | to )?)+)(?: \||:)", told, re.M):
        for each in words.split(", "):
            first, _, last = each.rstrip("a").partition(" to ")
            found |= set(range(int(first), int(last or first) + 1))
    assert found == set(range(1, EDGES + 1))
