"""A scene for each test."""

import pytest
from tests.servers.scene import Scene

from hostdown.storage import Storage


@pytest.fixture
def scene(store: Storage) -> Scene:
    return Scene(store)
