"""Who asks, where programs ask that can send a header and no more: monitoring systems.

They write a token, or a user's name and password, into `Authorization` (RFC 6750, RFC 7617).
"""

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Mapping

from falcon import Request

from hostdown.api.ports import Authenticator, Unauthenticated
from hostdown.api.request import CALLER_KEY, request_id
from hostdown.domain.identity_errors import LoginRefused
from hostdown.domain.model import Caller

LogIn = Callable[[str, str, str], str]
"""A token for a user's name and password; the third is the address that asks."""


def caller_of(req: Request, authenticator: Authenticator, log_in: LogIn | None) -> Caller:
    """Whoever sent it, kept for the request log too; raises Unauthenticated.

    `log_in` is None where passwords are for others to check.
    """
    environ = _with_token(req.env, req.remote_addr, log_in)
    caller = authenticator.caller(environ, request_id.get())
    req.env[CALLER_KEY] = caller
    return caller


def challenges(authenticator: Authenticator, log_in: LogIn | None) -> str:
    """How a sender may say who it is: the header of a 401 (RFC 9110, 11.6.1)."""
    basic = [] if log_in is None else ['Basic realm="hostdown"']
    return ", ".join([authenticator.challenge, *basic])


def _with_token(
    environ: Mapping[str, object], source: str, log_in: LogIn | None
) -> Mapping[str, object]:
    """The same with the token that stands, in one form or another, in `Authorization`."""
    scheme, _, rest = str(environ.get("HTTP_AUTHORIZATION") or "").partition(" ")
    if environ.get("HTTP_X_AUTH_TOKEN") or scheme.lower() not in ("bearer", "basic"):
        return environ
    if scheme.lower() == "bearer":
        return {**environ, "HTTP_X_AUTH_TOKEN": rest.strip()}
    if log_in is None:
        raise Unauthenticated
    try:
        name, _, password = b64decode(rest.strip(), validate=True).decode().partition(":")
        return {**environ, "HTTP_X_AUTH_TOKEN": log_in(name, password, source)}
    except (NotBase64, UnicodeDecodeError, LoginRefused) as error:
        raise Unauthenticated from error
