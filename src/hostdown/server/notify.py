"""Tells the service manager (systemd, Type=notify) how the server is doing."""

import os
import socket


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
