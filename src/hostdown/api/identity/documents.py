"""The documents of the Identity API: versions, tokens, the catalog, users and projects.

`root` is this API's address (`http://host:8774/identity`), `base` the one of the whole server.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from hostdown.api.identity.domain import DOMAIN_ID, DOMAIN_NAME
from hostdown.domain.roles import ALL, role_id
from hostdown.services.identity_ports import SYSTEM, Grant, Project, User
from hostdown.services.tokens import Claims

Document = dict[str, object]

DOMAIN: Document = {"id": DOMAIN_ID, "name": DOMAIN_NAME}
SERVICES = (
    ("compute", "nova", "/v2.1"),
    ("identity", "keystone", "/identity"),
    ("image", "glance", "/image"),
    ("alarming", "aodh", "/alarming"),
)
INTERFACES = ("public", "internal", "admin")


def version(root: str) -> Document:
    """The one version there is."""
    media_type = "application/vnd.openstack.identity-v3+json"
    return {
        "id": "v3.14",
        "status": "stable",
        "updated": "2020-04-07T00:00:00Z",
        "links": [{"rel": "self", "href": f"{root}/v3/"}],
        "media-types": [{"base": "application/json", "type": media_type}],
    }


def versions(root: str) -> Document:
    """The answer to a request without a version; it goes with status 300."""
    return {"versions": {"values": [version(root)]}}


def catalog(base: str, region: str, image_url: str | None) -> list[dict[str, Any]]:
    """Where the services are; each has the same address on all three interfaces.

    `image_url`: a Glance elsewhere; None for our own.
    """
    elsewhere = {"image": image_url}
    return [
        {
            "id": _id(kind),
            "type": kind,
            "name": name,
            "endpoints": [
                {
                    "id": _id(f"{kind}:{interface}"),
                    "interface": interface,
                    "region": region,
                    "region_id": region,
                    "url": elsewhere.get(kind) or f"{base}{path}",
                }
                for interface in INTERFACES
            ],
        }
        for kind, name, path in SERVICES
    ]


def token(claims: Claims, services: list[dict[str, Any]] | None) -> Document:
    """What a token says, as its owner and those who validate it see it."""
    shown: Document = {
        "methods": list(claims.methods),
        "user": {
            "id": claims.user_id,
            "name": claims.user_name,
            "domain": DOMAIN,
            "password_expires_at": None,
        },
        "audit_ids": [each for each in (claims.token_id, claims.parent_id) if each],
        "issued_at": _time(claims.issued_at),
        "expires_at": _time(claims.expires_at),
    }
    if claims.project_id is not None:
        shown["project"] = {
            "id": claims.project_id,
            "name": claims.project_name,
            "domain": DOMAIN,
        }
        shown["is_domain"] = False
    elif claims.system:
        shown["system"] = {"all": True}
    else:
        return {"token": shown}
    shown["roles"] = [{"id": role_id(role), "name": role} for role in claims.roles]
    if services is not None:
        shown["catalog"] = services
    return {"token": shown}


def user(row: User, root: str) -> Document:
    """A user, without anything about the password."""
    shown: Document = {
        **row.extra,
        "id": row.id,
        "name": row.name,
        "domain_id": DOMAIN_ID,
        "enabled": row.enabled,
        "password_expires_at": None,
        "options": {},
        "links": {"self": f"{root}/v3/users/{row.id}"},
    }
    if row.default_project_id is not None:
        shown["default_project_id"] = row.default_project_id
    return shown


def project(row: Project, root: str) -> Document:
    """A project."""
    return {
        "description": "",
        "tags": [],
        **row.extra,
        "id": row.id,
        "name": row.name,
        "domain_id": DOMAIN_ID,
        "parent_id": DOMAIN_ID,
        "enabled": row.enabled,
        "is_domain": False,
        "options": {},
        "links": {"self": f"{root}/v3/projects/{row.id}"},
    }


def assignment(grant: Grant, names: Mapping[str, str] | None, root: str) -> Document:
    """Who has a role where; with the names of users and projects, if they are given."""
    place = "system" if grant.target == SYSTEM else f"projects/{grant.target}"
    link = f"{root}/v3/{place}/users/{grant.user_id}/roles/{role_id(grant.role)}"
    who: Document = {"id": grant.user_id}
    where: Document = {"id": grant.target}
    role: Document = {"id": role_id(grant.role)}
    if names is not None:
        role["name"] = grant.role
        for each in (who, where):
            each |= {"name": names.get(str(each["id"])), "domain": DOMAIN}
    scope = {"system": {"all": True}} if grant.target == SYSTEM else {"project": where}
    return {"links": {"assignment": link}, "role": role, "scope": scope, "user": who}


def roles(root: str) -> list[Document]:
    """Every role."""
    return [
        {
            "id": role_id(role),
            "name": role,
            "domain_id": None,
            "description": None,
            "options": {"immutable": True},
            "links": {"self": f"{root}/v3/roles/{role_id(role)}"},
        }
        for role in ALL
    ]


def domain(root: str) -> Document:
    """The one domain."""
    return {
        **DOMAIN,
        "description": "The default domain",
        "enabled": True,
        "tags": [],
        "options": {},
        "links": {"self": f"{root}/v3/domains/{DOMAIN_ID}"},
    }


def services(catalog: list[dict[str, Any]], root: str) -> list[Document]:
    """The services of the catalog, one by one."""
    return [
        {
            "id": each["id"],
            "type": each["type"],
            "name": each["name"],
            "enabled": True,
            "links": {"self": f"{root}/v3/services/{each['id']}"},
        }
        for each in catalog
    ]


def endpoints(catalog: list[dict[str, Any]], root: str) -> list[Document]:
    """The endpoints of the catalog, one by one."""
    return [
        {
            **endpoint,
            "service_id": service["id"],
            "enabled": True,
            "links": {"self": f"{root}/v3/endpoints/{endpoint['id']}"},
        }
        for service in catalog
        for endpoint in service["endpoints"]
    ]


def region(region_id: str, root: str) -> Document:
    """The one region."""
    return {
        "id": region_id,
        "description": "",
        "parent_region_id": None,
        "links": {"self": f"{root}/v3/regions/{region_id}"},
    }


def collection(name: str, rows: Iterable[Document], self_link: str) -> Document:
    """A list, all on one page."""
    links = {"self": self_link, "next": None, "previous": None}
    return {name: list(rows), "links": links}


def _time(moment: datetime) -> str:
    return f"{moment.isoformat(timespec='microseconds')}Z"


def _id(text: str) -> str:
    return hashlib.sha256(f"hostdown-catalog:{text}".encode()).hexdigest()[:32]
