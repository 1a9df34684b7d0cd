"""The body of a log-in, read into what was asked for."""

from typing import Literal, NamedTuple

import orjson

from hostdown.api.identity.domain import DOMAIN_ID, DOMAIN_NAME
from hostdown.api.identity.errors import RequestRefused
from hostdown.domain.identity_errors import LoginRefused
from hostdown.services.login import DEFAULT_SCOPE, Scope

_SCOPES = ("system", "project", "domain", "OS-TRUST:trust", "unscoped")


class ByPassword(NamedTuple):
    """A user, by id or by name, and what it says its password is."""

    who: str
    by: Literal["id", "name"]
    password: str
    scope: Scope


class ByToken(NamedTuple):
    """A token to be exchanged for one of another project."""

    token: str
    scope: Scope


def read_login(body: bytes) -> ByPassword | ByToken:
    """Raises RequestRefused; LoginRefused for what is well-formed but nowhere to be had here."""
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise RequestRefused(reason="the body is not JSON") from error
    auth = _object(_object(parsed, "the body"), "auth", within=True)
    identity = _object(auth, "identity", within=True)
    methods = identity.get("methods")
    scope = _scope(auth.get("scope"))
    if methods == ["password"]:
        return _by_password(_object(identity, "password", within=True), scope)
    if methods == ["token"]:
        return ByToken(_text(_object(identity, "token", within=True), "id"), scope)
    if isinstance(methods, list) and methods:
        raise LoginRefused
    raise RequestRefused(reason="auth.identity.methods must be a list with one method")


def _by_password(method: dict[str, object], scope: Scope) -> ByPassword:
    user = _object(method, "user", within=True)
    password = _text(user, "password")
    if "id" in user:
        return ByPassword(_text(user, "id"), "id", password, scope)
    name = _text(user, "name")
    _check_domain(user)
    return ByPassword(name, "name", password, scope)


def _scope(wanted: object) -> Scope:
    if wanted is None:
        return DEFAULT_SCOPE
    if wanted == "unscoped":
        return Scope("none")
    scope = _object(wanted, "auth.scope")
    match [kind for kind in _SCOPES if kind in scope]:
        case ["project"]:
            return _project(_object(scope, "project", within=True))
        case ["system"]:
            if _object(scope, "system", within=True).get("all") is not True:
                raise RequestRefused(reason="auth.scope.system must say that it is for all")
            return Scope("system")
        case ["unscoped"]:
            return Scope("none")
        case [_]:
            raise LoginRefused
        case _:
            raise RequestRefused(reason=f"auth.scope must have one of {', '.join(_SCOPES)}")


def _project(project: dict[str, object]) -> Scope:
    if "id" in project:
        return Scope("project", project_id=_text(project, "id"))
    name = _text(project, "name")
    _check_domain(project)
    return Scope("project", project_name=name)


def _check_domain(owner: dict[str, object]) -> None:
    """There is one domain. Its name is compared as loosely as Keystone's databases do."""
    domain = _object(owner, "domain", within=True)
    if "id" in domain:
        known = _text(domain, "id") == DOMAIN_ID
    else:
        known = _text(domain, "name").casefold() == DOMAIN_NAME.casefold()
    if not known:
        raise LoginRefused


def _object(value: object, name: str, within: bool = False) -> dict[str, object]:
    if within and isinstance(value, dict):
        value = value.get(name)
    if not isinstance(value, dict):
        raise RequestRefused(reason=f"{name} is missing or is not an object")
    return value


def _text(owner: dict[str, object], name: str) -> str:
    value = owner.get(name)
    if not isinstance(value, str):
        raise RequestRefused(reason=f"{name} is missing or is not a text")
    return value
