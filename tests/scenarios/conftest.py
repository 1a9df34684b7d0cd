"""One store for all scenarios of a test process, and how their timelines are written anew."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.scenarios.servers import Store
from tests.stores import fast_directory


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rewrite", action="store_true", help="write the timelines of tests/scenarios anew"
    )


@pytest.fixture(scope="session")
def simulated_store() -> Iterator[Store]:
    with fast_directory() as directory:
        store = Store(Path(directory))
        yield store
        store.close()
