"""A scene for each test."""

import pytest
from tests.servers.moving import MovingScene
from tests.servers.scene import Scene

from hostdown.storage import Storage


@pytest.fixture
def moving(store: Storage) -> MovingScene:
    """Two hosts, a with more room than b."""
    made = MovingScene(store)
    made.host("a", 8192)
    made.host("b")
    return made


@pytest.fixture
def scene(store: Storage) -> Scene:
    return Scene(store)
