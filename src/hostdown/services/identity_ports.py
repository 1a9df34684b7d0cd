"""What the identity use cases need from the outside, besides the directory."""

from typing import NamedTuple, Protocol


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
