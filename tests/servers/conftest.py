"""A scene for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.servers.moving import MovingScene
from tests.servers.scene import Scene
from tests.stores import fast_directory, sqlite_settings

from hostdown.storage import DatabaseSettings, Storage, open_storage


@pytest.fixture
def settings() -> Iterator[DatabaseSettings]:
    with fast_directory() as directory:
        yield sqlite_settings(Path(directory))


@pytest.fixture
def store(settings: DatabaseSettings) -> Iterator[Storage]:
    """An empty store whose tables a test may read itself."""
    opened = open_storage(settings)
    yield opened
    opened.close()


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
