"""Hosts that are kept empty for the servers of hosts that fail, as Masakari's reserved hosts.

Their service is disabled, with RESERVED as the reason, so that every client of the Compute API sees
what they are, and nothing new is placed there. A recovery takes one into use where no other host
has room; from then on it is a host like others.
"""

from hostdown.domain.migration import Migration
from hostdown.domain.model import Service

RESERVED = "reserved"
"""Why the service of such a host is disabled."""

TAKEN = "Host {host}, which is reserved, is taken into use: no other one has room."

RECOVERY = "recovery"
"""Whom a recovery says that it is, without a user's id."""


def is_reserved(service: Service) -> bool:
    """Also while it is not worked on: then its reason says that."""
    return service.disabled and service.disabled_reason == RESERVED


def reserved(service: Service) -> Service:
    """The service from when its host is kept for recoveries."""
    return service._replace(disabled=True, disabled_reason=RESERVED)


def reserved_no_more(service: Service) -> Service:
    """The service once its host is one like others; one that is disabled otherwise stays so."""
    return (
        service._replace(disabled=False, disabled_reason=None) if is_reserved(service) else service
    )


def may_use(of: Migration) -> bool:
    """Whether a reserved host may be taken into use for it: where a recovery moves the server."""
    return (of.user_id, of.wish.by) == ("", RECOVERY)
