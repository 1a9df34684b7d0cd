"""Which addresses only this machine reaches."""

import socket
from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address; a name counts by all it resolves to."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return False
    return all(ip_address(str(item[4][0]).partition("%")[0]).is_loopback for item in found)
