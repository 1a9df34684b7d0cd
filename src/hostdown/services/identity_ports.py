"""What the identity use cases need from the outside."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple, Protocol, TypeVar

SYSTEM = "system"
"""The target of a role that is not of a project; no project's id looks like it."""

Extra = Mapping[str, object]
"""What else a client wants kept, such as `description` and `email`: a JSON object."""

NOTHING: Extra = MappingProxyType({})


class User(NamedTuple):
    """Somebody who may log in to the embedded identity. `password_hash`: see `stamps`."""

    id: str
    name: str
    password_hash: str
    enabled: bool
    default_project_id: str | None
    extra: Extra


class Project(NamedTuple):
    """A project of the embedded identity; its id is 32 hexadecimal digits.

    `stamp` does for its tokens what the stamp of a user does for the user's.
    """

    id: str
    name: str
    enabled: bool
    stamp: str
    extra: Extra


class Held(NamedTuple):
    """The roles that a user was given in one target, without what they imply, by name.

    `stamp` does for the tokens that say so what the stamp of a user does for the user's.
    """

    roles: tuple[str, ...]
    stamp: str


class Grant(NamedTuple):
    """A role that a user was given, without what it implies, in a project or in `SYSTEM`."""

    user_id: str
    target: str
    role: str


Row = TypeVar("Row", User, Project)


class NamedRows(Protocol[Row]):
    """Users, or projects. What is removed takes its grants along."""

    def all(self) -> list[Row]:
        """By name."""
        ...

    def get(self, row_id: str) -> Row | None: ...
    def named(self, name: str) -> Row | None: ...
    def count(self) -> int: ...
    def put(self, row: Row) -> None:
        """Write the row with this id, or a new one; raises NameTaken."""
        ...

    def remove(self, row_id: str) -> None: ...


class GrantRows(Protocol):
    """Who has which role where."""

    def all(self) -> list[Grant]: ...
    def of(self, user_id: str, target: str) -> Held | None: ...
    def targets(self, user_id: str) -> frozenset[str]:
        """Where a user has roles."""
        ...

    def count(self) -> int: ...
    def admins(self) -> int:
        """How often a user who can log in is admin of the system or of an enabled project."""
        ...

    def put(self, user_id: str, target: str, held: Held) -> None:
        """Make these the user's roles in the target."""
        ...


class IdentityRows(Protocol):
    """Users, projects and roles of the embedded identity, which has one domain, `default`."""

    @property
    def users(self) -> NamedRows[User]: ...
    @property
    def projects(self) -> NamedRows[Project]: ...
    @property
    def grants(self) -> GrantRows: ...
    def take_turn(self) -> None:
        """Wait until nobody else changes any of these; ours until the transaction ends."""
        ...


class Passwords(Protocol):
    """Slow hashes of passwords."""

    def made(self, password: str) -> str:
        """A new salted hash; raises PasswordRefused where the method has a limit."""
        ...

    def matches(self, password: str, password_hash: str) -> bool:
        """Whether the hash was made from this password; False for one that `made` refuses."""
        ...


class Credentials(NamedTuple):
    """What the first admin logs in with."""

    username: str
    password: str
    project_id: str
    project_name: str


class CredentialKeeper(Protocol):
    """Where the first admin's credentials are written for the operator, readable by nobody else."""

    def kept(self) -> Credentials | None:
        """Those that an earlier start left; raises CredentialsNotKept if they cannot be read."""
        ...

    def keep(self, credentials: Credentials) -> None:
        """Write what is not there yet, durably; raises CredentialsNotKept."""
        ...

    def discard(self) -> None:
        """Remove what `keep` has written since this object was made."""
        ...
