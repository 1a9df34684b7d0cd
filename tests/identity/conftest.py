"""An identity of its own for each test: a real store, quick hashes, a clock that tests move."""

from datetime import datetime, timedelta

import pytest

from hostdown.drivers.bcrypt_passwords import BcryptPasswords
from hostdown.services import identity
from hostdown.services.directory_ports import Directory
from hostdown.services.login import DEFAULT_SCOPE, Issued, Logins, Scope
from hostdown.services.token_checks import TokenChecks
from hostdown.storage import Storage

START = datetime(2026, 1, 2, 3, 4, 5, 678901)
PASSWORD = "correct horse"


class ManualClock:
    """Implements `services.ports.Clock`; time passes when a test says so."""

    def __init__(self) -> None:
        self.passed_s = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.passed_s)

    def monotonic(self) -> float:
        return self.passed_s

    def forward(self, seconds: float) -> None:
        self.passed_s += seconds


class Worker:
    """What one API worker knows of identity."""

    def __init__(self, directory: Directory, clock: ManualClock) -> None:
        self.clock = clock
        self.checks = TokenChecks(directory)
        self.logins = Logins(directory, self.checks, BcryptPasswords(4), timedelta(hours=1))

    def log_in(
        self,
        name: str = "ann",
        password: str = PASSWORD,
        scope: Scope = DEFAULT_SCOPE,
        source: str = "192.0.2.1",
    ) -> Issued:
        now, monotonic_s = self.clock.now(), self.clock.monotonic()
        return self.logins.with_password(name, "name", password, scope, source, now, monotonic_s)


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
def worker(directory: Directory, passwords: BcryptPasswords, clock: ManualClock) -> Worker:
    """A worker, and a user `ann` who is a member of the project `demo`."""
    identity.add_project(directory, "demo")
    identity.add_user(directory, passwords, "ann", PASSWORD, "demo", ["member"])
    return Worker(directory, clock)
