"""What the program needs of an OpenStack Identity service: is a token good, and for whom?"""

from datetime import datetime
from typing import NamedTuple, Protocol


class Question(NamedTuple):
    """A token as a request brought it; some tokens are good for certain requests only.

    `service_token` is the second token, by which a service vouches for the user's.
    """

    token: str
    service_token: str | None
    method: str
    path: str


class Identity(NamedTuple):
    """Whom a good token belongs to, and what it is for: a project, the system (`all`), or neither.

    Roles with neither are those of a domain.
    """

    user_id: str
    user_name: str
    user_domain_id: str
    project_id: str | None
    project_domain_id: str | None
    roles: tuple[str, ...]
    system_scope: str | None


class Verdict(NamedTuple):
    """`identity` is None if the token is refused, `expires_at` (naive UTC) then as well.

    `lasting`: the same token would get the same answer with any other request.
    """

    identity: Identity | None
    expires_at: datetime | None
    lasting: bool


class Validator(Protocol):
    """The Identity service."""

    def verdict(self, question: Question) -> Verdict:
        """Asks, which takes time; raises KeystoneUnavailable, KeystoneSilent."""
        ...
