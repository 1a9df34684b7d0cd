"""Log in, validate, log out, and what a token gives access to."""

from hostdown.api.identity import documents
from hostdown.api.identity.bodies import BODY_BYTES_MAX
from hostdown.api.identity.calls import Call, Reply
from hostdown.api.identity.errors import Expected, NotAllowed, SubjectNotThere
from hostdown.api.identity.requests import ByPassword, read_login
from hostdown.api.identity.route import Route, listing, one
from hostdown.api.request import read_body
from hostdown.domain.identity_errors import TokenRefused
from hostdown.domain.roles import ADMIN, SERVICE
from hostdown.services.login import Issued
from hostdown.services.tokens import Claims


def log_in(call: Call) -> Reply:
    """POST /v3/auth/tokens"""
    issued = _issued(call)
    call.known(issued.claims)
    call.resp.set_header("X-Subject-Token", issued.text)
    return 201, _shown(call, issued.claims)


def _issued(call: Call) -> Issued:
    wanted = read_login(read_body(call.req.env, BODY_BYTES_MAX))
    logins = call.parts.logins
    if not isinstance(wanted, ByPassword):
        return logins.with_token(wanted.token, wanted.scope, call.now)
    return logins.with_password(
        wanted.who,
        wanted.by,
        wanted.password,
        wanted.scope,
        source=call.req.remote_addr,
        now=call.now,
        monotonic_s=call.parts.clock.monotonic(),
    )


def validate(call: Call) -> Reply:
    """GET /v3/auth/tokens: for the token's own user, for services and for admins."""
    caller = call.caller()
    text, subject = _subject(call)
    if SERVICE not in caller.roles:
        call.reader("validate_token", own_id=subject.user_id)
    call.resp.set_header("X-Subject-Token", text)
    return 200, _shown(call, subject)


def log_out(call: Call) -> Reply:
    """DELETE /v3/auth/tokens: for the token's own user and for admins."""
    caller = call.caller()
    _, subject = _subject(call)
    if subject.user_id != caller.user_id and ADMIN not in caller.roles:
        raise NotAllowed(action="identity:revoke_token")
    call.parts.logins.log_out(subject, call.now)
    return 204, None


def catalog(call: Call) -> Reply:
    """GET /v3/auth/catalog, which only a token of a project has."""
    if call.caller().project_id is None:
        raise NotAllowed(action="identity:get_auth_catalog")
    services = call.catalog()
    return 200, {"catalog": services, "links": {"self": call.self_link}}


def _shown(call: Call, claims: Claims) -> documents.Document:
    if "nocatalog" in call.query:
        return documents.token(claims, None)
    return documents.token(claims, call.catalog())


def _subject(call: Call) -> tuple[str, Claims]:
    text = call.req.get_header("X-Subject-Token")
    if not text:
        raise Expected(attribute="X-Subject-Token", target="request header")
    try:
        return text, call.parts.checks.claims(text, call.now)
    except TokenRefused as error:
        raise SubjectNotThere from error


LOGIN = {
    "type": "object",
    "properties": {"auth": {"type": "object", "required": ["identity"]}},
    "required": ["auth"],
}
"""Keystone's own, of which `read_login` reads what it knows."""

ROUTES = (
    Route("POST", "/v3/auth/tokens", log_in, one("token"), 201, LOGIN, token=False),
    Route("GET", "/v3/auth/tokens", validate, one("token")),
    Route("DELETE", "/v3/auth/tokens", log_out, success=204),
    Route("GET", "/v3/auth/catalog", catalog, listing("catalog")),
)
