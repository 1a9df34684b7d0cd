"""Users by quick hashes, what a worker knows of them, and a clock that tests move."""

from datetime import datetime, timedelta

from hostdown.domain.model import Caller
from hostdown.drivers.bcrypt_passwords import BcryptPasswords
from hostdown.services import identity, projects, users
from hostdown.services.directory_ports import Directory
from hostdown.services.identity_journal import By
from hostdown.services.identity_ports import Project, User
from hostdown.services.login import DEFAULT_SCOPE, Issued, Logins, Scope
from hostdown.services.looks import Looks
from hostdown.services.token_checks import TokenChecks

START = datetime(2026, 1, 2, 3, 4, 5, 678901)
PASSWORD = "correct horse"
BY = By(Caller("u", "somebody", None, (), "req-1"), START)


def add_user(
    directory: Directory, name: str, password: str = PASSWORD, project: str = "demo",
    role: str = "member",
) -> User:  # fmt: skip
    """A user with one role, by a quick hash."""
    password_hash = identity.hashed(BcryptPasswords(4), password)
    return users.add_member(directory, name, password_hash, project, [role], BY)


def add_project(directory: Directory, name: str) -> Project:
    """A project about which nothing is said."""
    return projects.add_project(directory, name, projects.Kept(), BY)


def change_user(
    directory: Directory, name: str, now: datetime, password: str | None = None,
    enabled: bool | None = None,
) -> None:  # fmt: skip
    """Another password, or another `enabled`, for the user of this name."""
    password_hash = None if password is None else identity.hashed(BcryptPasswords(4), password)
    kept = users.Kept(password_hash=password_hash, enabled=enabled)
    users.change_user(directory, users.user_named(directory, name).id, kept, By(BY.caller, now))


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
        self.logins = Logins(directory, self.checks, Looks(BcryptPasswords(4)), timedelta(hours=1))

    def log_in(
        self,
        name: str = "ann",
        password: str = PASSWORD,
        scope: Scope = DEFAULT_SCOPE,
        source: str = "192.0.2.1",
    ) -> Issued:
        now, monotonic_s = self.clock.now(), self.clock.monotonic()
        return self.logins.with_password(name, "name", password, scope, source, now, monotonic_s)
