"""Who asks, and where: from options, clouds.yaml or OS_* variables.

An option beats everything. A cloud that is named (`--os-cloud`, OS_CLOUD) comes from clouds.yaml,
and only what the file leaves out of its secrets comes from variables: half a file and half an
environment would log somebody in where nobody meant to. Without a name, the variables decide if
they say where to log in; else the only cloud of a clouds.yaml; else the file that `hostdown serve`
wrote.
"""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hostdown.cli.client import clouds
from hostdown.cli.errors import UsageError

AUTH_TYPES = {
    "password": "password",
    "v3password": "password",
    "token": "token",
    "v3token": "token",
    "none": "none",
    "noauth": "none",
    "admin_token": "admin_token",
    "token_endpoint": "admin_token",
}
"""The names that OpenStack's tools use, and ours."""


@dataclass(frozen=True)
class Domain:
    """A domain by id or by name; the id `default` if nobody says otherwise, as Keystone has it."""

    id: str | None
    name: str | None

    def body(self) -> dict[str, str]:
        """As the Identity API wants it."""
        return {"name": self.name} if self.name and not self.id else {"id": self.id or "default"}


@dataclass(frozen=True)
class Tls:
    """What to trust and what to show."""

    verify: bool = True
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None


@dataclass(frozen=True)
class Credentials:
    """Everything needed to reach a Compute API. `repr` shows no secret."""

    auth_type: str
    source: str
    """Where they come from, for error sentences."""
    auth_url: str | None
    user_id: str | None
    user_name: str | None
    user_domain: Domain
    project_id: str | None
    project_name: str | None
    project_domain: Domain
    region: str | None
    interface: str
    endpoint: str | None
    compute_version: str | None
    tls: Tls
    secrets: "Secrets"


class Secrets:
    """The password and the token; never printed."""

    __slots__ = ("password", "token")

    def __init__(self, password: str | None, token: str | None) -> None:
        self.password = password
        self.token = token

    def __repr__(self) -> str:
        return "Secrets(…)"


def find(
    options: argparse.Namespace, environ: Mapping[str, str], tell: Callable[[str], None]
) -> Credentials:
    """The credentials of this command line; `tell` gets a sentence when the choice needs one.

    Raises UsageError if they are missing, incomplete or unreadable.
    """
    given = {
        name.removeprefix("os_"): value
        for name, value in vars(options).items()
        if name.startswith("os_") and value
    }
    found, source = _settings(given, environ, tell)
    settings = {**found, **given}
    if options.insecure:
        settings["verify"] = False
    return _checked(settings, source)


def _settings(
    given: Mapping[str, str], environ: Mapping[str, str], tell: Callable[[str], None]
) -> tuple[dict[str, Any], str]:
    variables = clouds.from_environment(environ)
    name = given.get("cloud") or environ.get("OS_CLOUD")
    if name:
        settings, path = clouds.named(name, environ)
        secrets = {key: value for key, value in variables.items() if key in ("password", "token")}
        return secrets | settings, f"cloud '{name}' in {path}"
    explicit = {**variables, **given}
    if explicit.get("auth_url") or explicit.get("endpoint"):
        return variables, "the OS_* variables" if variables else "the options"
    return clouds.only_one(environ, tell)


def _checked(settings: Mapping[str, Any], source: str) -> Credentials:
    def text(name: str) -> str | None:
        value = settings.get(name)
        return None if value in (None, "") else str(value)

    guessed = "password" if text("password") or not text("token") else "token"
    if guessed == "token" and not text("auth_url"):
        guessed = "admin_token"
    typed = text("auth_type") or guessed
    if typed not in AUTH_TYPES:
        raise UsageError(
            f"the auth_type '{typed}' of {source} is not supported; use password, token, none or "
            "admin_token"
        )
    credentials = Credentials(
        auth_type=AUTH_TYPES[typed],
        source=source,
        auth_url=text("auth_url"),
        user_id=text("user_id"),
        user_name=text("username"),
        user_domain=_domain(settings, "user"),
        project_id=text("project_id"),
        project_name=text("project_name"),
        project_domain=_domain(settings, "project"),
        region=text("region_name"),
        interface=(text("interface") or "public").lower().removesuffix("url"),
        endpoint=text("endpoint"),
        compute_version=text("compute_api_version"),
        tls=Tls(_true(settings.get("verify", True)), text("cacert"), text("cert"), text("key")),
        secrets=Secrets(text("password"), text("token")),
    )
    missing = _missing(credentials)
    if missing:
        raise UsageError(f"no {' and no '.join(missing)} in {source}")
    token = credentials.secrets.token or ""
    if not (token.isascii() and token.isprintable()):
        raise UsageError(f"the token in {source} has characters that no token has")
    return credentials


def _missing(credentials: Credentials) -> list[str]:
    kind, secrets = credentials.auth_type, credentials.secrets
    needs: dict[str, list[tuple[str, object]]] = {
        "password": [
            ("auth URL (OS_AUTH_URL)", credentials.auth_url),
            ("user (OS_USERNAME)", credentials.user_name or credentials.user_id),
            ("password (OS_PASSWORD)", secrets.password),
        ],
        "token": [
            ("auth URL (OS_AUTH_URL)", credentials.auth_url),
            ("token (OS_TOKEN)", secrets.token),
        ],
        "none": [("endpoint (OS_ENDPOINT)", credentials.endpoint)],
        "admin_token": [
            ("endpoint (OS_ENDPOINT)", credentials.endpoint),
            ("token (OS_TOKEN)", secrets.token),
        ],
    }
    return [name for name, value in needs[kind] if not value]


def _domain(settings: Mapping[str, Any], whose: str) -> Domain:
    return Domain(
        settings.get(f"{whose}_domain_id")
        or settings.get("domain_id")
        or settings.get("default_domain"),
        settings.get(f"{whose}_domain_name") or settings.get("domain_name"),
    )


def _true(value: object) -> bool:
    return str(value).strip().lower() not in ("false", "no", "off", "0")
