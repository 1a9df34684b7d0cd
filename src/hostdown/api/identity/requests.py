"""The body of a log-in, read into what was asked for."""

from typing import Literal, NamedTuple

import orjson

from hostdown.api.identity.domain import DOMAIN_ID, DOMAIN_NAME
from hostdown.api.identity.errors import Expected
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


def read_json(body: bytes) -> dict[str, object]:
    """A body that is a JSON object; raises Expected."""
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        parsed = None
    if not isinstance(parsed, dict):
        raise Expected(attribute="valid JSON", target="request body")
    return parsed


def read_login(body: bytes) -> ByPassword | ByToken:
    """Raises Expected; LoginRefused for what is well-formed but nowhere to be had here."""
    auth = object_in(read_json(body), "auth", "request body")
    identity = object_in(auth, "identity", "auth")
    methods = identity.get("methods")
    scope = _scope(auth.get("scope"))
    if methods == ["password"]:
        return _by_password(object_in(identity, "password", "identity"), scope)
    if methods == ["token"]:
        return ByToken(_text_in(object_in(identity, "token", "identity"), "id", "token"), scope)
    if isinstance(methods, list) and methods:
        raise LoginRefused
    raise Expected(attribute="methods", target="identity")


def _by_password(method: dict[str, object], scope: Scope) -> ByPassword:
    user = object_in(method, "user", "password")
    password = _text_in(user, "password", "user")
    if "id" in user:
        return ByPassword(_text_in(user, "id", "user"), "id", password, scope)
    name = _text_in(user, "name", "user")
    _check_domain(user, "user")
    return ByPassword(name, "name", password, scope)


def _scope(wanted: object) -> Scope:
    if wanted is None:
        return DEFAULT_SCOPE
    if wanted == "unscoped":
        return Scope("none")
    scope = object_in({"scope": wanted}, "scope", "auth")
    match [kind for kind in _SCOPES if kind in scope]:
        case ["project"]:
            return _project(object_in(scope, "project", "scope"))
        case ["system"]:
            object_in(scope, "system", "scope")
            return Scope("system")
        case ["unscoped"]:
            return Scope("none")
        case [_]:
            raise LoginRefused
        case _:
            known = f"{', '.join(_SCOPES[:-1])} or {_SCOPES[-1]}"
            raise Expected(attribute=known, target="scope")


def _project(project: dict[str, object]) -> Scope:
    if "id" in project:
        return Scope("project", project_id=_text_in(project, "id", "project"))
    name = _text_in(project, "name", "project")
    _check_domain(project, "project")
    return Scope("project", project_name=name)


def _check_domain(owner: dict[str, object], kind: str) -> None:
    """There is one domain. Its name is compared as loosely as Keystone's databases do."""
    domain = object_in(owner, "domain", kind)
    if "id" in domain:
        known = _text_in(domain, "id", "domain") == DOMAIN_ID
    else:
        known = _text_in(domain, "name", "domain").casefold() == DOMAIN_NAME.casefold()
    if not known:
        raise LoginRefused


def object_in(owner: dict[str, object], name: str, target: str) -> dict[str, object]:
    """The object of this name in what is called `target`; raises Expected."""
    value = owner.get(name)
    if not isinstance(value, dict):
        raise Expected(attribute=name, target=target)
    return value


def _text_in(owner: dict[str, object], name: str, target: str) -> str:
    value = owner.get(name)
    if not isinstance(value, str):
        raise Expected(attribute=name, target=target)
    return value
