"""Which addresses a tenant's URL may lead to (CWE-918)."""

from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NAT64 = IPv6Network("64:ff9b::/96")
"""An IPv4 address in the last 32 bits (RFC 6052)."""


def may_reach(address: Address, own: Collection[Network], allowed: Collection[Network]) -> bool:
    """Whether it is of the public internet and not of an `own` network, or is in one of `allowed`.

    An IPv6 address that stands for an IPv4 one is judged by that.
    """
    judged = _meant(address)
    if any(judged in each for each in allowed):
        return True
    is_public = judged.is_global and not judged.is_multicast
    return is_public and not any(judged in each for each in own)


def _meant(address: Address) -> Address:
    if isinstance(address, IPv4Address):
        return address
    teredo = address.teredo
    if teredo is not None:
        return teredo[1]
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
