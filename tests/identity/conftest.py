"""An identity of its own for each test: a real store, quick hashes, a clock that tests move."""

import pytest
from tests.identity.api import Api
from tests.identity.people import ManualClock, Worker, add_project, add_user

from hostdown.drivers.bcrypt_passwords import BcryptPasswords
from hostdown.services.directory_ports import Directory
from hostdown.storage import Storage


@pytest.fixture
def directory(store: Storage) -> Directory:
    return store.directory


@pytest.fixture
def passwords() -> BcryptPasswords:
    return BcryptPasswords(4)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def worker(directory: Directory, clock: ManualClock) -> Worker:
    """A worker, and a user `ann` who is a member of the project `demo`."""
    add_project(directory, "demo")
    add_user(directory, "ann")
    return Worker(directory, clock)


@pytest.fixture
def api(store: Storage, clock: ManualClock) -> Api:
    return Api(store, clock)
