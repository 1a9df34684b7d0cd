"""One request to the Identity API, and who sent it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from falcon import Request, Response

from hostdown.api.identity.documents import Document
from hostdown.api.identity.errors import NotAllowed
from hostdown.domain.roles import ADMIN
from hostdown.services.directory_ports import Directory
from hostdown.services.login import Logins
from hostdown.services.ports import Clock
from hostdown.services.token_checks import TokenChecks
from hostdown.services.tokens import Claims


@dataclass(frozen=True)
class IdentityParts:
    """What the Identity API works with. `link_prefix` as in `api.parts.ApiSettings`."""

    directory: Directory
    clock: Clock
    checks: TokenChecks
    logins: Logins
    region: str
    link_prefix: str | None = None


class Call(NamedTuple):
    """A request. `base` is the server's address, `root` this API's, `found` what the path holds."""

    parts: IdentityParts
    req: Request
    resp: Response
    base: str
    root: str
    path: str
    now: datetime
    found: str
    query: Mapping[str, list[str]]

    @property
    def self_link(self) -> str:
        """The address that was asked for, without its query."""
        return self.root + self.path

    def caller(self) -> Claims:
        """Who asks; raises TokenRefused."""
        return self.parts.checks.claims(self.req.get_header("X-Auth-Token") or "", self.now)

    def admin(self, action: str) -> None:
        """Raise TokenRefused or NotAllowed unless an admin asks."""
        if ADMIN not in self.caller().roles:
            raise NotAllowed(action=f"identity:{action}")


Reply = tuple[int, Document | None]
