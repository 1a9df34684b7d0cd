"""`services.keystone_ports.Validator` by keystonemiddleware, the library that Nova itself uses.

It gets a request made here, of the tokens, method and path alone: whatever else a client sent, such
as `X-Roles` of its own, never comes near it. Its own cache stays empty, for it has no bound.
"""

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from keystoneauth1 import exceptions as auth_errors
from keystoneauth1 import loading
from keystonemiddleware import auth_token
from oslo_config import cfg
from webob.exc import HTTPServiceUnavailable

from hostdown.domain.identity_errors import KeystoneSilent, KeystoneUnavailable
from hostdown.drivers.bounded_answers import BoundedAdapter
from hostdown.services.keystone_ports import Identity, Question, Verdict

GROUP = "keystone_authtoken"
AUTH_TYPE = "password"
_ACCEPTED = "204 No Content"
_NO_CACHE = "hostdown.no_cache"
_IS_RULED = "hostdown.is_ruled"
_TOKEN_INFO = "keystone.token_info"  # noqa: S105 - the name of a place

RETRIES_MAX = 1
"""A kept connection may have been closed at the other end in the same moment."""

_SILENCE = (auth_errors.ConnectionError, auth_errors.DiscoveryFailure)
_NO_ANSWER = (auth_errors.ClientException, auth_token.ServiceError)
_UNREADABLE = (
    ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError,
)  # fmt: skip
"""What the library stumbles over in answers that are no Keystone's."""

_REQUEST_ID = re.compile(r" \(Request-ID: [^)]*\)")
"""Another one each time; without it the same trouble has the same words."""


Environ = dict[str, Any]


class KeystoneValidator:
    """`options` are those of `[keystone_authtoken]` by their names; what is not set is absent."""

    def __init__(self, options: Mapping[str, object]) -> None:
        for chatty in ("keystonemiddleware", "keystoneauth", "urllib3"):
            # It reports each bad token and each failure; what matters is told once, by us.
            logging.getLogger(chatty).setLevel(logging.CRITICAL + 1)
        self._middleware = _Middleware(_accept, {"oslo_config_config": _config(options)})

    def verdict(self, question: Question) -> Verdict:
        """Asks Keystone; raises KeystoneUnavailable, KeystoneSilent with the reason."""
        try:
            return self._verdict(question)
        except _SILENCE as error:
            raise KeystoneSilent(reason=_reason(error)) from error
        except _NO_ANSWER as error:
            raise KeystoneUnavailable(reason=_reason(error)) from error
        except _UNREADABLE as error:
            reason = f"its answer cannot be read: {error!r}"
            raise KeystoneUnavailable(reason=reason) from error

    def own_token(self) -> str:
        """A token of the user in `[keystone_authtoken]`; raises KeystoneUnavailable."""
        try:
            return str(self._middleware.own_token())
        except (*_SILENCE, *_NO_ANSWER, *_UNREADABLE) as error:
            raise KeystoneUnavailable(reason=_reason(error)) from error

    def _verdict(self, question: Question) -> Verdict:
        environ = _environ(question)
        answers: list[str] = []
        self._middleware(environ, lambda status, _headers, _error=None: answers.append(status))
        lasting = question.service_token is None and not environ.get(_IS_RULED, False)
        if answers != [_ACCEPTED]:
            return Verdict(None, None, lasting)
        token = environ[_TOKEN_INFO]["token"]
        expires_at = datetime.fromisoformat(token["expires_at"])
        return Verdict(_identity(token), expires_at.astimezone(UTC).replace(tzinfo=None), lasting)


class _Middleware(auth_token.AuthProtocol):  # type: ignore[misc] # the library has no types
    """Says why it cannot tell, and whether a token is good for some requests only."""

    def _create_session(self, **how: object) -> Any:  # noqa: ANN401 - the library has no types
        session = super()._create_session(**how)
        for scheme in ("http://", "https://"):
            session.mount(scheme, BoundedAdapter())
        return session

    def fetch_token(self, token: str, **how: object) -> object:
        try:
            return super().fetch_token(token, **how)
        except HTTPServiceUnavailable as error:
            cause = error.__context__
        raise cause or KeystoneUnavailable(reason="no reason given")

    def own_token(self) -> str | None:
        """A token of the user that asks about others'."""
        return self._session.get_token(self._auth)  # type: ignore[no-any-return] # the library has no types

    def validate_allowed_request(self, request: Any, token: Mapping[str, Any]) -> None:  # noqa: ANN401 - the library has no types
        credential = token.get("application_credential") or {}
        request.environ[_IS_RULED] = credential.get("access_rules") is not None
        super().validate_allowed_request(request, token)


class _NoCache:
    """Remembers nothing."""

    def get(self, _key: str) -> None:
        """Nothing."""

    def set(self, _key: str, _value: object, **_how: object) -> None:
        """Nothing."""


def _accept(_environ: Environ, start_response: Callable[..., object]) -> Iterable[bytes]:
    start_response(_ACCEPTED, [])
    return []


def _environ(question: Question) -> Environ:
    environ: Environ = {
        "REQUEST_METHOD": question.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": question.path,
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(),
        "HTTP_X_AUTH_TOKEN": question.token,
        _NO_CACHE: _NoCache(),
    }
    if question.service_token is not None:
        environ["HTTP_X_SERVICE_TOKEN"] = question.service_token
    return environ


def _config(options: Mapping[str, object]) -> cfg.ConfigOpts:
    """A private one: the library would read the files of whoever runs this process."""
    conf = cfg.ConfigOpts()
    conf([], project="hostdown", default_config_files=[], default_config_dirs=[])
    for _, registered in auth_token.list_opts():
        conf.register_opts(registered, group=GROUP)
    plugin: Any = loading.get_plugin_loader(AUTH_TYPE)
    conf.register_opts(loading.get_auth_plugin_conf_options(plugin), group=GROUP)
    own = {"auth_type": AUTH_TYPE, "cache": _NO_CACHE, "http_request_max_retries": RETRIES_MAX}
    for name, value in {**options, **own}.items():
        conf.set_override(name, value, group=GROUP)
    return conf


def _identity(token: Mapping[str, Any]) -> Identity:
    user, project = token["user"], token.get("project")
    return Identity(
        user_id=user["id"],
        user_name=user["name"],
        user_domain_id=user["domain"]["id"],
        project_id=project["id"] if project else None,
        project_domain_id=project["domain"]["id"] if project else None,
        roles=tuple(role["name"] for role in token.get("roles", ())),
        system_scope="all" if token.get("system", {}).get("all") else None,
    )


def _reason(error: BaseException) -> str:
    """What the library says, and what Keystone said to it."""
    said = [error, error.__context__] if isinstance(error, auth_token.ServiceError) else [error]
    text = ": ".join(" ".join(str(each).split()) for each in said if each is not None)
    return _REQUEST_ID.sub("", text)
