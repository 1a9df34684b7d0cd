"""What a handler gets: one request that has passed everything that precedes handlers."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from hostdown.api import rights
from hostdown.api.compute.microversion import Version
from hostdown.api.parts import ApiParts
from hostdown.api.rights import IS_ADMIN, OWN
from hostdown.domain.model import Caller


class Address(NamedTuple):
    """Where the client found us; links in answers begin with it."""

    base: str
    """Scheme and host, or `[api] compute_link_prefix`; no slash at the end."""
    root: str
    """`v2.1` or `v2`."""
    project: str | None
    """The project in the path, if there was one (contract 1.1)."""
    path: str
    """What was asked for, below root and project: `/flavors/detail`."""

    def self_link(self, path: str) -> str:
        """The address of a resource of this API; `path` begins with a slash."""
        return f"{self.base}/{self.root}{self._project}{path}"

    def bookmark(self, path: str) -> str:
        """The same without the version (contract 1.11)."""
        return f"{self.base}{self._project}{path}"

    @property
    def _project(self) -> str:
        return "" if self.project is None else f"/{self.project}"


class Call(NamedTuple):
    """A valid request for one operation, at a version that has it."""

    parts: ApiParts
    caller: Caller
    version: Version
    rule: str | None
    names: Mapping[str, str]
    """What stands in the path for the placeholders of the route."""
    query: Mapping[str, list[str]]
    """The parameters that the operation knows at this version."""
    sent: Mapping[str, list[str]]
    """All parameters."""
    body: Mapping[str, Any]
    address: Address
    token: Callable[[], str]
    """The caller's token, for a service that is asked in the caller's name; not to be kept."""

    def authorize(self, target: Mapping[str, object] = OWN) -> None:
        """Raise PolicyForbids unless the caller may do this; each handler says at which point."""
        if self.rule is not None:
            self.require(self.rule, target)

    def require(self, rule: str, target: Mapping[str, object] = OWN) -> None:
        """Raise PolicyForbids unless the caller may do this besides."""
        self.parts.policy.check(rule, self.caller, target)

    def may(self, rule: str, target: Mapping[str, object] = OWN) -> bool:
        """Whether the caller may do something that changes what the answer holds."""
        return rights.may(self.parts.policy, rule, self.caller, target)

    @property
    def by_admin(self) -> bool:
        """Whether the caller is an administrator, whatever that means by the policy's rules."""
        return self.may(IS_ADMIN)

    def last(self, name: str) -> str | None:
        """The last value of a query parameter; None if it is absent or blank."""
        return self.given(name) or None

    def given(self, name: str) -> str | None:
        """The last value of a query parameter, which may be blank; None if it is absent."""
        values = self.query.get(name)
        return values[-1] if values else None
