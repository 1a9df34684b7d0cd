"""What the API needs from whoever composes it."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from falcon import Request, Response

from hostdown.api.described import Described
from hostdown.domain.errors import HostdownError
from hostdown.domain.model import Caller


class Unauthenticated(HostdownError):
    """No token, or one that is not valid (contract 1.5)."""

    template = "The request you have made requires authentication."
    code = "unauthenticated"


class PolicyForbids(HostdownError):
    """The caller is known and may not do this (contract 1.6)."""

    template = "Policy doesn't allow {rule} to be performed."
    code = "policy-forbids"


class Authenticator(Protocol):
    """One way of knowing who asks: embedded, noauth2, keystone."""

    @property
    def challenge(self) -> str:
        """The value of `WWW-Authenticate` in a 401."""
        ...

    def caller(self, environ: Mapping[str, object], request_id: str) -> Caller:
        """Who sent this WSGI request, under both its ids; raises Unauthenticated."""
        ...


class Policy(Protocol):
    """Who may do what, by Nova's rule names."""

    def check(self, rule: str, caller: Caller, target: Mapping[str, object]) -> None:
        """Raises PolicyForbids. An empty target stands for what the caller itself owns."""
        ...


class SubApplication(Protocol):
    """An application of its own below one path, such as `/identity`: a Falcon sink.

    It authenticates, routes and reports errors by itself; an error of `domain.errors` that it lets
    through becomes a fault, any other exception a 500 without details.
    """

    @property
    def prefix(self) -> str:
        """Begins with a slash and ends without one; whole segments are compared."""
        ...

    @property
    def operations(self) -> Sequence[Described]:
        """All that it serves, for `/openapi.json`."""
        ...

    def __call__(self, req: Request, resp: Response) -> None:
        """Answer one request, whatever its method; `req.path` still holds the prefix."""
        ...
