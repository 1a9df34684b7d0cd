"""What a handler gets: one request that has passed everything that precedes handlers."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from hostdown.api.compute.microversion import Version
from hostdown.api.parts import ApiParts
from hostdown.domain.model import Caller


class Call(NamedTuple):
    """A valid request for one operation, at a version that has it."""

    parts: ApiParts
    caller: Caller
    version: Version
    rule: str | None
    names: Mapping[str, str]
    """What stands in the path for the placeholders of the route."""
    query: Mapping[str, list[str]]
    body: Mapping[str, Any]
    links: str
    """What links in answers begin with, without a slash at the end."""

    def authorize(self) -> None:
        """Raise PolicyForbids unless the caller may do this; each handler says at which point."""
        if self.rule is not None:
            self.parts.policy.check(self.rule, self.caller, {})

    def last(self, name: str) -> str | None:
        """The last value of a query parameter; None if it is absent or blank."""
        values = self.query.get(name)
        return (values[-1] or None) if values else None
