"""One request to the Identity API, and who sent it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from falcon import Request, Response

from hostdown.api.authenticators import caller_of
from hostdown.api.identity.documents import Document, catalog
from hostdown.api.identity.errors import NotAllowed
from hostdown.api.request import CALLER_KEY, request_id
from hostdown.domain.model import Caller
from hostdown.domain.roles import ADMIN, READER
from hostdown.services.directory_ports import Directory
from hostdown.services.identity_journal import By
from hostdown.services.login import Logins
from hostdown.services.looks import Looks
from hostdown.services.ports import Clock
from hostdown.services.token_checks import TokenChecks
from hostdown.services.tokens import Claims


@dataclass(frozen=True)
class IdentityParts:
    """What the Identity API works with. `link_prefix` as in `api.parts.ApiSettings`.

    `image_url`: the Image API that the catalog names, if it is not our own.
    """

    directory: Directory
    clock: Clock
    checks: TokenChecks
    looks: Looks
    logins: Logins
    region: str
    link_prefix: str | None = None
    image_url: str | None = None


class Call(NamedTuple):
    """A request. `base` is the server's address, `root` this API's, `found` what the path holds."""

    parts: IdentityParts
    req: Request
    resp: Response
    base: str
    root: str
    path: str
    now: datetime
    found: Mapping[str, str]
    query: Mapping[str, list[str]]

    @property
    def self_link(self) -> str:
        """The address that was asked for, with its query."""
        query = self.req.query_string
        return f"{self.root}{self.path}?{query}" if query else self.root + self.path

    def catalog(self) -> list[dict[str, Any]]:
        """Where the services are."""
        return catalog(self.base, self.parts.region, self.parts.image_url)

    def caller(self) -> Claims:
        """Who asks; raises TokenRefused."""
        claims = self.parts.checks.claims(self.req.get_header("X-Auth-Token") or "", self.now)
        self.known(claims)
        return claims

    def known(self, claims: Claims) -> Caller:
        """Who has this token; the request log tells whose request it was."""
        caller = caller_of(claims, self.req.env, request_id.get())
        self.req.env[CALLER_KEY] = caller
        return caller

    def admin(self, action: str) -> By:
        """The admin who asks; raises TokenRefused, NotAllowed for anybody else."""
        claims = self.caller()
        if ADMIN not in claims.roles:
            raise NotAllowed(action=f"identity:{action}")
        return By(self.known(claims), self.now)

    def reader(self, action: str, own_id: str | None = None) -> None:
        """As `admin`; readers of the system may as well, and a user what is its own."""
        caller = self.caller()
        is_own = own_id is not None and own_id in (caller.user_id, caller.project_id)
        may_read = ADMIN in caller.roles or (caller.system and READER in caller.roles)
        if not is_own and not may_read:
            raise NotAllowed(action=f"identity:{action}")

    def changed(self) -> None:
        """Let this worker heed at once what a change has revoked; the others look by themselves."""
        self.parts.checks.refresh(self.now)


Reply = tuple[int, Document | None]
