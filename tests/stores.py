"""Fresh stores for tests, at memory speed.

A test that needs a store takes the fixture `store`, or calls `sqlite_settings(directory)` for a
server process. The schema is made once per test run and then copied.
"""

import atexit
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from hostdown.storage import DatabaseSettings, Storage, open_storage, schema

_MEMORY = Path("/dev/shm")


def fast_directory() -> TemporaryDirectory[str]:
    """A directory in memory where the machine has one."""
    return TemporaryDirectory(prefix="hostdown-test-", dir=_MEMORY if _MEMORY.is_dir() else None)


@cache
def _template() -> Path:
    directory = fast_directory()
    atexit.register(directory.cleanup)
    path = Path(directory.name) / "hostdown.sqlite"
    schema.ensure(_settings(path))
    return path


def _settings(path: Path) -> DatabaseSettings:
    return DatabaseSettings(directory_url=f"sqlite:///{path}", cell_url=f"sqlite:///{path}")


def sqlite_settings(directory: Path) -> DatabaseSettings:
    """The settings of a new SQLite file in `directory`, with its schema."""
    path = directory / "hostdown.sqlite"
    shutil.copy(_template(), path)
    return _settings(path)


@pytest.fixture
def store() -> Iterator[Storage]:
    """An empty store."""
    with fast_directory() as directory:
        opened = open_storage(sqlite_settings(Path(directory)))
        try:
            yield opened
        finally:
            opened.close()
