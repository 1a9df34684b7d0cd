"""What keeps the word of a host on its watchdog from being taken."""

from hostdown.domain.errors import HostdownError


class WatchdogChanged(HostdownError):
    """Whoever waits for a reset reckons with what was told first (NEVER-TWICE F6)."""

    template = (
        "Host '{name}' said in this boot that its credits are good for {c_ms} ms and that it is "
        "reset {w_ms} ms after the last pet. Neither changes before it boots anew: keep these."
    )
    code = "watchdog-changed"
