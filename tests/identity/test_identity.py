"""Users, projects, passwords and the first admin."""

import pytest
from tests.identity.people import START, Worker, add_project, add_user

from hostdown.domain.errors import NameTaken, StorageFull
from hostdown.domain.identity_errors import (
    CredentialsNotKept,
    NameRefused,
    NameUnknown,
    PasswordRefused,
    RoleUnknown,
)
from hostdown.domain.roles import ALL, role_id, with_implied
from hostdown.drivers.bcrypt_passwords import BcryptPasswords
from hostdown.services import identity, users
from hostdown.services.directory_ports import Directory
from hostdown.services.identity_ports import Credentials


def test_roles_imply_each_other_as_in_keystone() -> None:
    assert with_implied(["admin"]) == ("admin", "manager", "member", "reader")
    assert with_implied(["member", "service"]) == ("member", "reader", "service")
    assert with_implied(["reader"]) == ("reader",)
    assert with_implied(["own", "reader"]) == ("reader", "own")
    assert len({role_id(role) for role in ALL}) == len(ALL)


@pytest.mark.parametrize("password", ["x" * 73, "é" * 37, "with\0nul here", "\ud800 surrogate"])
def test_a_password_that_bcrypt_would_cut_or_garble_is_refused(password: str) -> None:
    with pytest.raises(PasswordRefused, match="at most 72 bytes"):
        BcryptPasswords(4).made(password)


def test_the_longest_password_counts_to_its_last_byte() -> None:
    passwords = BcryptPasswords(4)
    kept = passwords.made("x" * 71 + "a")
    assert passwords.matches("x" * 71 + "a", kept)
    assert not passwords.matches("x" * 71 + "b", kept)
    assert not passwords.matches("x" * 71 + "ab", kept)


def test_a_short_password_is_refused(directory: Directory) -> None:
    add_project(directory, "demo")
    with pytest.raises(PasswordRefused, match="at least 8 characters"):
        add_user(directory, "ann", "short")


@pytest.mark.parametrize("name", ["", " ann", "ann\n", "a\x00b", "é" * 128])
def test_names_that_cannot_be_typed_again_are_refused(directory: Directory, name: str) -> None:
    with pytest.raises(NameRefused):
        add_project(directory, name)


def test_what_is_there_or_not_there_is_said(worker: Worker, directory: Directory) -> None:
    with pytest.raises(NameTaken):
        add_project(directory, "demo")
    with pytest.raises(NameTaken):
        add_user(directory, "ann")
    with pytest.raises(NameUnknown, match="no project named 'nowhere'"):
        add_user(directory, "bob", project="nowhere")
    with pytest.raises(RoleUnknown, match="admin, manager, member, reader, service"):
        add_user(directory, "bob", role="root")
    with pytest.raises(NameUnknown, match="no user named 'Ann'"):
        users.user_named(directory, "Ann")


def test_users_are_listed_with_their_roles(worker: Worker, directory: Directory) -> None:
    (entry,) = users.list_users(directory)
    (membership,) = entry.memberships
    assert (entry.user.name, membership.place, membership.roles) == (
        "ann", "demo", ("member",),
    )  # fmt: skip


class Keeper:
    """Implements `CredentialKeeper` in memory."""

    def __init__(self, found: Credentials | None = None) -> None:
        self.files = found
        self.is_full = False

    def kept(self) -> Credentials | None:
        return self.files

    def keep(self, credentials: Credentials) -> None:
        if self.is_full:
            raise CredentialsNotKept(path="clouds.yaml", reason="No space left on device")
        self.files = credentials

    def discard(self) -> None:
        self.files = None


def test_the_first_start_makes_an_admin_once(
    directory: Directory, passwords: BcryptPasswords, clock: object
) -> None:
    keeper = Keeper()
    credentials = identity.bootstrap(directory, passwords, keeper, START)
    assert credentials is not None
    assert keeper.files == credentials
    assert len(credentials.password) == 24
    assert identity.bootstrap(directory, passwords, Keeper(), START) is None
    (entry,) = users.list_users(directory)
    assert entry.user.name == "admin"
    assert [(m.place, m.roles) for m in entry.memberships] == [
        ("(system)", ("admin",)), ("admin", ("admin",)),
    ]  # fmt: skip


def test_a_full_disk_leaves_no_user_without_a_written_password(
    directory: Directory, passwords: BcryptPasswords
) -> None:
    keeper = Keeper()
    keeper.is_full = True
    with pytest.raises(CredentialsNotKept, match="No user was made"):
        identity.bootstrap(directory, passwords, keeper, START)
    assert users.list_users(directory) == []


def test_a_start_that_ended_between_file_and_user_is_finished_by_the_next(
    directory: Directory, passwords: BcryptPasswords
) -> None:
    class Full:
        def read(self, work):  # type: ignore[no-untyped-def] # as the port
            return directory.read(work)

        def write(self, work):  # type: ignore[no-untyped-def] # as the port
            raise StorageFull

    keeper = Keeper()
    with pytest.raises(StorageFull):
        identity.bootstrap(Full(), passwords, keeper, START)
    written = keeper.files
    assert identity.bootstrap(directory, passwords, keeper, START) == written


def test_of_two_servers_that_start_first_at_once_one_makes_the_admin(
    directory: Directory, passwords: BcryptPasswords
) -> None:
    class Overtaken(Keeper):
        def keep(self, credentials: Credentials) -> None:
            super().keep(credentials)
            assert identity.bootstrap(directory, passwords, Keeper(), START) is not None

    slower = Overtaken()
    assert identity.bootstrap(directory, passwords, slower, START) is None
    assert slower.files is None
    assert len(users.list_users(directory)) == 1
