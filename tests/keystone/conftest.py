"""One Keystone for a session's tests, with a few users and projects."""

from collections.abc import Iterator

import pytest
from tools.keystone import Keystone, programs


@pytest.fixture(scope="session")
def keystone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keystone]:
    """A real one; all workers of a test run start from one filled database."""
    if not programs().is_dir():
        pytest.skip(f"{programs()} is not there: 'make keystone' sets it up")
    shared = tmp_path_factory.getbasetemp()
    if shared.name.startswith("popen-"):  # of one worker among several
        shared = shared.parent
    place = tmp_path_factory.mktemp("keystone") / "keystone"
    with Keystone(place, shared / "keystone-template") as started:
        yield started
