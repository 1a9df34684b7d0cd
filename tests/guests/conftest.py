"""A libvirtd for the tests of one run."""

from collections.abc import Iterator

import pytest
from tests.guests.libvirtd import Libvirtd, libvirtd


@pytest.fixture(scope="session")
def other_daemon() -> Iterator[Libvirtd]:
    """That of another host."""
    with libvirtd(2) as started:
        yield started


@pytest.fixture(scope="session")
def daemon() -> Iterator[Libvirtd]:
    with libvirtd() as started:
        yield started
