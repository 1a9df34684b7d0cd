"""The generated pages are those that the program's tables give today."""

from pathlib import Path

import pytest
from tools.reference import PAGES, limits

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_fresh(name: str) -> None:
    """If this fails: make docs."""
    assert (DOCS / "reference" / name).read_text() == PAGES[name]()


def test_every_limit_says_what_it_bounds() -> None:
    """If this fails: a docstring below the constant."""
    assert [each[:3] for each in limits.constants() if not each[3]] == []
