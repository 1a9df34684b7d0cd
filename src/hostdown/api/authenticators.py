"""Ways of knowing who asks: a token of our own, one of Keystone, or whatever the client says."""

import re
from collections.abc import Mapping

from hostdown.api.ports import Unauthenticated
from hostdown.api.request import global_request_id
from hostdown.domain.identity_errors import TokenRefused
from hostdown.domain.model import Caller
from hostdown.domain.roles import ADMIN, ALL, MEMBER, READER
from hostdown.services.keystone_checks import KeystoneChecks
from hostdown.services.keystone_ports import Question
from hostdown.services.ports import Clock
from hostdown.services.token_checks import TokenChecks
from hostdown.services.tokens import Claims


def _challenge(auth_url: str) -> str:
    return f'Keystone uri="{auth_url}"'


def _token(environ: Mapping[str, object]) -> str:
    text = environ.get("HTTP_X_AUTH_TOKEN")
    if not isinstance(text, str) or not text:
        raise Unauthenticated
    return text


class EmbeddedAuthenticator:
    """Callers bring a token of the embedded identity."""

    def __init__(self, checks: TokenChecks, clock: Clock, auth_url: str) -> None:
        self._checks = checks
        self._clock = clock
        self.challenge = _challenge(auth_url)

    def caller(self, environ: Mapping[str, object], request_id: str) -> Caller:
        """Raises Unauthenticated; DirectoryUnavailable if nothing is known of revocations."""
        try:
            claims = self._checks.claims(_token(environ), self._clock.now())
        except TokenRefused as error:
            raise Unauthenticated from error
        return caller_of(claims, environ, request_id)


def caller_of(claims: Claims, environ: Mapping[str, object], request_id: str) -> Caller:
    """Whoever holds this token, as the sender of a request."""
    return Caller(
        user_id=claims.user_id,
        user_name=claims.user_name,
        project_id=claims.project_id,
        roles=claims.roles,
        request_id=request_id,
        global_request_id=global_request_id(environ),
        system_scope="all" if claims.system else None,
    )


class KeystoneAuthenticator:
    """Callers bring a token of Keystone. Nothing else that they say of themselves is looked at."""

    def __init__(self, checks: KeystoneChecks, clock: Clock, auth_url: str) -> None:
        self._checks = checks
        self._clock = clock
        self.challenge = _challenge(auth_url)

    def caller(self, environ: Mapping[str, object], request_id: str) -> Caller:
        """Raises Unauthenticated; KeystoneUnavailable if the token has not been seen lately."""
        service_token = environ.get("HTTP_X_SERVICE_TOKEN")
        question = Question(
            _token(environ).strip(),
            service_token.strip() if isinstance(service_token, str) and service_token else None,
            str(environ["REQUEST_METHOD"]),
            str(environ["PATH_INFO"]),
        )
        try:
            found = self._checks.identity(question, self._clock.now(), self._clock.monotonic())
        except TokenRefused as error:
            raise Unauthenticated from error
        return Caller(
            user_id=found.user_id,
            user_name=found.user_name,
            project_id=found.project_id,
            roles=found.roles,
            request_id=request_id,
            global_request_id=global_request_id(environ),
            system_scope=found.system_scope,
            user_domain_id=found.user_domain_id,
            project_domain_id=found.project_domain_id,
        )


class Noauth2Authenticator:
    """Callers are believed, so this is for test beds on loopback.

    The token is `user:project` or `user:project:role,role`. Without roles, `admin` has all of them,
    a user whose name begins with `reader` has that one, and others are members.
    """

    _FORM = re.compile(
        r"(?P<user>[\w.@-]{1,255}):(?P<project>[\w-]{1,64})(:(?P<roles>[\w,-]{1,255}))?"
    )

    def __init__(self, auth_url: str) -> None:
        self.challenge = _challenge(auth_url)

    def caller(self, environ: Mapping[str, object], request_id: str) -> Caller:
        """Raises Unauthenticated for a token of another form."""
        form = self._FORM.fullmatch(_token(environ))
        if form is None:
            raise Unauthenticated
        user = form["user"]
        roles = tuple(form["roles"].split(",")) if form["roles"] else _roles_of(user)
        return Caller(
            user_id=user,
            user_name=user,
            project_id=form["project"],
            roles=roles,
            request_id=request_id,
            global_request_id=global_request_id(environ),
        )


def _roles_of(user: str) -> tuple[str, ...]:
    if user == ADMIN:
        return ALL
    return (READER,) if user.startswith(READER) else (MEMBER, READER)
