"""A house for each test."""

import pytest
from tests.agent.house import House

from hostdown.storage import Storage


@pytest.fixture
def house(store: Storage) -> House:
    return House(store)
