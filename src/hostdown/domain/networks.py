"""Which addresses a tenant's URL may lead to (CWE-918)."""

from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NAT64 = IPv6Network("64:ff9b::/96")
"""An IPv4 address in the last 32 bits (RFC 6052)."""
ISATAP = 0x0000_5EFE
"""Before such an address, where a router of a site takes it out (RFC 5214); one bit may differ."""
GIVEN_OUT = IPv6Network("2000::/3")
"""All that is for the internet (RFC 4291); what stands elsewhere for IPv4 is for one network."""
SPECIAL = (
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.88.99.0/24"),
    IPv6Network("3fff::/20"),
)
"""Of which not every Python knows (RFC 6890, 7526, 9637)."""


def may_reach(address: Address, own: Collection[Network], allowed: Collection[Network]) -> bool:
    """Whether it is of the public internet and not of an `own` network, or is in one of `allowed`.

    An IPv6 address that stands for an IPv4 one is judged by that.
    """
    judged = _meant(address)
    if any(judged in each for each in allowed):
        return True
    return _is_public(judged) and not any(judged in each for each in own)


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address) and address not in GIVEN_OUT:
        return False
    is_special = address.is_multicast or any(address in each for each in SPECIAL)
    return address.is_global and not is_special


def _meant(address: Address) -> Address:
    if isinstance(address, IPv4Address):
        return address
    teredo = address.teredo
    if teredo is not None:
        return teredo[1]
    is_isatap = int(address) >> 32 & 0xFDFF_FFFF == ISATAP
    if address in NAT64 or is_isatap:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
