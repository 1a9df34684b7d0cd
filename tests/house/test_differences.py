"""Every test that the page of differences names is there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_differences_are_held_by_tests_that_exist() -> None:
    page = (ROOT / "docs/reference/differences.md").read_text()
    named = set(re.findall(r"`(test_\w+)`", page))
    sources = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    assert named
    assert {name for name in named if f"def {name}(" not in sources} == set()
