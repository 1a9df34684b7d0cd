"""Identity v3: a token, and where the Compute API is."""

from dataclasses import dataclass
from typing import Any

from hostdown.cli.client.credentials import Credentials
from hostdown.cli.client.http import Http, HttpError
from hostdown.cli.errors import CliError, Exit

COMPUTE_TYPES = ("compute", "compute_legacy")


@dataclass(frozen=True)
class Login:
    """A token (None: send none) and the Compute endpoint as the catalog has it."""

    token: str | None
    endpoint: str

    def __repr__(self) -> str:
        return f"Login({self.endpoint})"


def log_in(http: Http, credentials: Credentials) -> Login:
    """Log in as the credentials say; raises CliError."""
    if credentials.auth_type in ("none", "admin_token"):
        assert credentials.endpoint is not None  # noqa: S101 - `credentials.find` checked it
        return Login(credentials.secrets.token, credentials.endpoint)
    url = f"{_v3(credentials.auth_url or '')}/auth/tokens"
    try:
        answer = http.request("POST", url, {}, {"auth": _auth(credentials)})
    except HttpError as error:
        if error.status == 401:
            who = credentials.user_name or credentials.user_id or "the token"
            raise CliError(
                f"{url} refused the credentials of '{who}' from {credentials.source}: {error}",
                Exit.NOT_ALLOWED,
            ) from None
        raise
    token = answer.headers.get("x-subject-token")
    body = answer.body.get("token") if isinstance(answer.body, dict) else None
    if not token or not isinstance(body, dict):
        raise CliError(f"{url} answered without a token: is it an Identity API v3?")
    return Login(token, credentials.endpoint or _endpoint(credentials, body.get("catalog") or []))


def _v3(auth_url: str) -> str:
    base = auth_url.rstrip("/")
    return base if base.endswith("/v3") else f"{base.removesuffix('/v2.0')}/v3"


def _auth(credentials: Credentials) -> dict[str, Any]:
    secrets = credentials.secrets
    if credentials.auth_type == "token":
        identity: dict[str, Any] = {"methods": ["token"], "token": {"id": secrets.token}}
    else:
        user: dict[str, Any] = {"password": secrets.password}
        if credentials.user_id:
            user["id"] = credentials.user_id
        else:
            user |= {"name": credentials.user_name, "domain": credentials.user_domain.body()}
        identity = {"methods": ["password"], "password": {"user": user}}
    auth: dict[str, Any] = {"identity": identity}
    if credentials.project_id:
        auth["scope"] = {"project": {"id": credentials.project_id}}
    elif credentials.project_name:
        domain = credentials.project_domain.body()
        auth["scope"] = {"project": {"name": credentials.project_name, "domain": domain}}
    return auth


def _endpoint(credentials: Credentials, catalog: list[dict[str, Any]]) -> str:
    offered = [
        endpoint
        for kind in COMPUTE_TYPES
        for service in catalog
        if service.get("type") == kind
        for endpoint in service.get("endpoints") or []
    ]
    for endpoint in offered:
        regions = (endpoint.get("region_id"), endpoint.get("region"))
        if endpoint.get("interface") == credentials.interface and (
            credentials.region is None or credentials.region in regions
        ):
            return str(endpoint["url"])
    if not catalog:
        why = "is empty: the token has no project (set OS_PROJECT_NAME)"
    else:
        there = sorted({f"{e.get('interface')} in {e.get('region_id')}" for e in offered})
        why = f"has only {', '.join(there) or 'other services'}"
    region = f" in region '{credentials.region}'" if credentials.region else ""
    raise CliError(f"no {credentials.interface} compute endpoint{region}: the catalog {why}")
