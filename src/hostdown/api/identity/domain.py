"""The one domain, and what names it."""

from collections.abc import Mapping

from hostdown.domain.identity_errors import NoSuch

DOMAIN_ID = "default"
DOMAIN_NAME = "Default"


def check_domain(body: Mapping[str, object]) -> None:
    """Raises NoSuch for a user or project of another domain."""
    domain_id = body.get("domain_id")
    if domain_id not in (None, DOMAIN_ID):
        raise NoSuch(kind="domain", what=domain_id)
