"""What is fixed: roles, the domain, groups (none), and the services of the catalog.

Clients look these up on the way to something else; whoever tries to change them is told no.
"""

from collections.abc import Callable
from dataclasses import dataclass

from hostdown.api.identity import documents
from hostdown.api.identity.calls import Call, Reply
from hostdown.api.identity.documents import Document
from hostdown.api.identity.errors import Fixed
from hostdown.api.identity.lists import listed, one
from hostdown.api.identity.route import Route, listing
from hostdown.api.identity.route import one as one_of


@dataclass(frozen=True)
class _Kind:
    """A kind of thing; whoever `for_all` may be looks at one without being an admin."""

    name: str
    rows: Callable[[Call], list[Document]]
    filters: tuple[str, ...]
    reason: str
    for_all: frozenset[str] = frozenset()

    def list_all(self, call: Call) -> Reply:
        """GET /v3/…s"""
        self._check(call, "list")
        return listed(call, f"{self.name}s", self.rows(call), self.filters)

    def show(self, call: Call) -> Reply:
        """GET /v3/…s/{id}"""
        self._check(call, "get")
        return one(self.name, self.rows(call), call.found["id"])

    def create(self, call: Call) -> Reply:
        """POST /v3/…s"""
        return self._refused(call, "create")

    def change(self, call: Call) -> Reply:
        """PATCH /v3/…s/{id}"""
        return self._refused(call, "update")

    def delete(self, call: Call) -> Reply:
        """DELETE /v3/…s/{id}"""
        return self._refused(call, "delete")

    def _check(self, call: Call, verb: str) -> None:
        if verb in self.for_all:
            call.caller()
        else:
            call.reader(f"{verb}_{self.name}{'s' if verb == 'list' else ''}")

    def _refused(self, call: Call, verb: str) -> Reply:
        action = f"{verb}_{self.name}"
        call.admin(action)
        raise Fixed(action=f"identity:{action}", reason=self.reason)


_FROM_CATALOG = "The catalog says what this server itself serves."

_KINDS = (
    _Kind(
        "role",
        lambda call: documents.roles(call.root),
        ("name", "domain_id"),
        "The roles are those that the policy rules know.",
    ),
    _Kind(
        "domain",
        lambda call: [documents.domain(call.root)],
        ("name", "enabled"),
        "There is one domain.",
        for_all=frozenset({"get"}),
    ),
    _Kind("group", lambda call: [], (), "There are no groups."),
    _Kind(
        "service",
        lambda call: documents.services(call.catalog(), call.root),
        ("name", "type"),
        _FROM_CATALOG,
    ),
    _Kind(
        "endpoint",
        lambda call: documents.endpoints(call.catalog(), call.root),
        ("service_id", "interface", "region", "region_id"),
        _FROM_CATALOG,
    ),
    _Kind(
        "region",
        lambda call: [documents.region(call.parts.region, call.root)],
        (),
        _FROM_CATALOG,
        for_all=frozenset({"get", "list"}),
    ),
)


def own_domains(call: Call) -> Reply:
    """GET /v3/auth/domains: nobody has a role in the domain itself."""
    call.caller()
    return listed(call, "domains", (), ())


ROUTES = (
    Route("GET", "/v3/auth/domains", own_domains, listing("domains")),
    *(
        route
        for kind in _KINDS
        for route in (
            Route("GET", f"/v3/{kind.name}s", kind.list_all, listing(f"{kind.name}s")),
            Route("POST", f"/v3/{kind.name}s", kind.create, success=403),
            Route("GET", f"/v3/{kind.name}s/{{id}}", kind.show, one_of(kind.name)),
            Route("PATCH", f"/v3/{kind.name}s/{{id}}", kind.change, success=403),
            Route("DELETE", f"/v3/{kind.name}s/{{id}}", kind.delete, success=403),
        )
    ),
)
