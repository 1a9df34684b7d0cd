"""One Keystone for a session's tests, with a few users and projects."""

from collections.abc import Iterator

import pytest
from tests.keystone.cloud import Cloud, FakeCloud, RealCloud
from tools.keystone import Keystone, programs


@pytest.fixture(scope="session")
def real_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealCloud]:
    """A real Keystone; all workers of a test run start from one filled database.

    Tests that stop it start it again.
    """
    if not programs().is_dir():
        pytest.skip(f"{programs()} is not there: 'make keystone' sets it up")
    shared = tmp_path_factory.getbasetemp()
    if shared.name.startswith("popen-"):  # of one worker among several
        shared = shared.parent
    place = tmp_path_factory.mktemp("keystone") / "keystone"
    with Keystone(place, shared / "keystone-template") as keystone:
        yield RealCloud(keystone)


@pytest.fixture
def keystone(real_cloud: RealCloud) -> Keystone:
    return real_cloud.keystone


@pytest.fixture(params=["fake", "real"])
def cloud(request: pytest.FixtureRequest) -> Cloud:
    """Each implementation in turn."""
    if request.param == "fake":
        return FakeCloud()
    found = request.getfixturevalue("real_cloud")
    assert isinstance(found, RealCloud)
    return found
