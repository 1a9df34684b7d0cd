"""Every kind of caller, and an authenticator that knows them by what their tokens say."""

from collections.abc import Mapping

from tests.policy.appendix_b import MINE, MYSELF

from hostdown.api.ports import Unauthenticated
from hostdown.domain.model import Caller
from hostdown.domain.roles import with_implied

ROLES = ("admin", "manager", "member", "reader", "service", "weatherman", "")
"""One means nothing to any rule, the last is none at all."""

SCOPES = ("project", "system", "no project")
"""Without a project: a token of a domain if it has roles, else an unscoped one."""


def caller(role: str, scope: str = "project", *, implied: bool = True) -> Caller:
    """`implied`: with the roles that it brings, as tokens have them."""
    given = (role,) if role else ()
    return Caller(
        user_id=MYSELF,
        user_name=MYSELF,
        project_id=MINE if scope == "project" else None,
        roles=with_implied(given) if implied else given,
        request_id="req-1",
        system_scope="all" if scope == "system" else None,
    )


CALLERS = {
    f"{role or 'no role'} ({scope})": caller(role, scope) for scope in SCOPES for role in ROLES
}


class ByName:
    """Implements `api.ports.Authenticator`: the token is a name from `CALLERS`."""

    challenge = 'Keystone uri="http://127.0.0.1/identity"'

    def caller(self, environ: Mapping[str, object], request_id: str) -> Caller:
        found = CALLERS.get(str(environ.get("HTTP_X_AUTH_TOKEN")))
        if found is None:
            raise Unauthenticated
        return found._replace(request_id=request_id)
