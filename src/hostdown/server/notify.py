"""Tells the service manager (systemd, Type=notify or notify-reload) how the server is doing."""

import os
import socket


class Watchdog:
    """Keeps the watchdog of the service manager quiet, if it set one (sd_watchdog_enabled(3))."""

    def __init__(self) -> None:
        wanted_us = os.environ.get("WATCHDOG_USEC", "")
        ours = os.environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        # Twice as often as it asks for.
        self._every_s = int(wanted_us) / 2_000_000 if ours and wanted_us.isdigit() else None
        self._told_at = float("-inf")

    def tell(self, now: float) -> None:
        """We live at `now`, monotonic seconds."""
        if self._every_s is not None and now - self._told_at >= self._every_s:
            self._told_at = now
            tell("WATCHDOG=1")


def tell(state: str) -> None:
    """Send `READY=1`, `RELOADING=1`, `STOPPING=1` …; nothing if nobody asked to be told."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    name = "\0" + address[1:] if address.startswith("@") else address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
        try:
            sock.sendto(state.encode(), socket.MSG_DONTWAIT, name)
        except OSError:
            return  # whoever listened is gone; the server does not depend on it
