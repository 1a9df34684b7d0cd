"""What can be wrong with a host's watchdog (NEVER-TWICE F6)."""

from hostdown.domain.errors import HostdownError


class WatchdogUnfit(HostdownError):
    """No hardware timer by which silence could prove anything, or one that does not obey."""

    template = "The watchdog {device} cannot be used: {reason}."
    code = "watchdog-unfit"
