"""The one domain, and what names it."""

from collections.abc import Mapping

from hostdown.api.identity.errors import PlaceUnknown
from hostdown.domain.identity_errors import NoSuch

DOMAIN_ID = "default"
DOMAIN_NAME = "Default"


def check_domain(body: Mapping[str, object]) -> None:
    """Raises NoSuch for a new user of another domain."""
    domain_id = body.get("domain_id")
    if domain_id not in (None, DOMAIN_ID):
        raise NoSuch(kind="domain", what=domain_id)


def check_same_domain(body: Mapping[str, object]) -> None:
    """Raises PlaceUnknown for a user or project that shall move to another domain."""
    if body.get("domain_id") not in (None, DOMAIN_ID):
        raise PlaceUnknown(reason="Cannot change Domain ID")
