"""Runs gabbits/*.yaml, each file a conversation with an API of its own.

gabbi's plugin for pytest trips over every test in the house whose id holds a colon, so the suites
are run here, one test per file.
"""

import unittest
from pathlib import Path

import pytest
from gabbi.driver import build_tests
from tests.api import gabbit_fixtures

DIRECTORY = Path(__file__).parent / "gabbits"


def suites() -> dict[str, unittest.TestSuite]:
    built = build_tests(
        str(DIRECTORY),
        unittest.TestLoader(),
        intercept=gabbit_fixtures.application,
        fixture_module=gabbit_fixtures,
        test_loader_name="gabbits",
    )
    return {_file_of(suite): suite for suite in built if isinstance(suite, unittest.TestSuite)}


def _file_of(suite: unittest.TestSuite) -> str:
    """gabbi takes files as the directory has them; each test says which it is from."""
    name = type(next(iter(suite))).__name__
    return max(
        (path.name for path in DIRECTORY.glob("*.yaml") if name.startswith(f"{path.stem}_")),
        key=len,
    )


@pytest.mark.parametrize(("name", "suite"), suites().items(), ids=suites().keys())
def test_a_conversation_goes_as_written(name: str, suite: unittest.TestSuite) -> None:
    result = unittest.TestResult()
    cases = suite.countTestCases()
    suite.run(result)
    problems = [f"{test}\n{trace}" for test, trace in (*result.failures, *result.errors)]
    assert problems == [], name
    assert result.testsRun == cases > 0
