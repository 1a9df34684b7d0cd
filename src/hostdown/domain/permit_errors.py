"""What can go wrong with the right to run an instance."""

from hostdown.domain.errors import HostdownError


class PermitOpen(HostdownError):
    """An instance that may run somewhere is to be let run elsewhere (NEVER-TWICE P2)."""

    template = (
        "Instance {instance} may still run on host '{host}' under permit {generation}; another "
        "permit is given once that one was surrendered, or its host is proven off."
    )
    code = "permit-open"


class GrantsWait(HostdownError):
    """A permit that has to wait: the database may have lost some (NEVER-TWICE P5)."""

    template = (
        "Nothing is granted before every host has said what it has; instance {instance} waits."
    )
    code = "grants-wait"
