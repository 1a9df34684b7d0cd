"""Where a tenant's URL may lead."""

from ipaddress import ip_address, ip_network

import pytest

from hostdown.domain.networks import may_reach

OWN = [ip_network("198.18.7.0/24"), ip_network("9.9.9.0/24"), ip_network("2620:fe::/48")]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1",
        "9.9.9.10",
        "::1", "::", "fe80::1", "fc00::1", "ff02::1", "2620:fe::9",
        "::ffff:127.0.0.1", "::ffff:9.9.9.9", "64:ff9b::a01:203", "64:ff9b::7f00:1",
        "2002:7f00:1::1", "2002:a01:203::", "2001:0:0:0:0:0:80ff:fffe",
        "64:ff9b:1::a00:1", "::10.0.0.1", "::ffff:0:10.0.0.1", "2001:4860::5efe:a00:1",
        "2001:4860::200:5efe:a00:1", "fec0::1", "3fff::1", "5f00::1", "4000::1", "::2",
        "192.0.0.8", "192.88.99.1",
    ],
)  # fmt: skip
def test_inside_is_refused_in_whatever_form(address: str) -> None:
    assert not may_reach(ip_address(address), OWN, [])


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "8.8.8.8",
        "2606:4700::1111",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "2001:4860::5efe:808:808",
    ],
)
def test_the_internet_is_reached(address: str) -> None:
    assert may_reach(ip_address(address), OWN, [])


@pytest.mark.parametrize("address", ["10.1.2.3", "::ffff:10.1.2.3", "9.9.9.9", "fd00::5"])
def test_what_an_operator_allows_is_reached(address: str) -> None:
    allowed = [ip_network("10.1.0.0/16"), ip_network("9.9.9.9/32"), ip_network("fd00::/8")]
    assert may_reach(ip_address(address), OWN, allowed)
    assert not may_reach(ip_address("10.2.0.1"), OWN, allowed)
