"""Which networks this machine is in, from what its kernel says."""

from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from hostdown.domain.networks import may_reach
from hostdown.drivers.own_networks import READ_EVERY_S, OwnNetworks
from hostdown.drivers.system_clock import SystemClock

ROUTE = """\
Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
eth0\t0064CB08\t010200C0\t0003\t0\t0\t0\t00FFFFFF\t0\t0\t0
eth1\t08080808\t00000000\t0001\t0\t0\t0\tF8FFFFFF\t0\t0\t0
"""
TRIE = """\
Local:
  +-- 0.0.0.0/0 3 0 5
     +-- 8.8.8.0/24 2 0 2
        |-- 8.8.8.9
           /32 host LOCAL
        |-- 8.8.8.15
           /32 link BROADCAST
        |-- 9.9.9.9
           /32 host LOCAL
"""
INET6 = """\
2a0004f8000000000000000000000002 04 40 00 82     eth0
00000000000000000000000000000001 01 80 10 80       lo
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for name, text in (("route", ROUTE), ("fib_trie", TRIE), ("if_inet6", INET6)):
        (tmp_path / name).write_text(text)
    return tmp_path


def test_the_networks_of_interfaces_and_its_own_addresses_are_found(place: Path) -> None:
    found = OwnNetworks(lambda: 0.0, place)()
    assert [str(each) for each in found] == [
        "192.0.2.0/24",
        "8.8.8.8/29",
        "8.8.8.9/32",
        "9.9.9.9/32",
        "2a00:4f8::/64",
        "::1/128",
    ]


@pytest.mark.parametrize(
    ("address", "reached"),
    [
        ("8.8.8.10", False),
        ("9.9.9.9", False),
        ("9.9.9.10", True),
        ("2a00:4f8::99", False),
        ("2a00:4f8:1::99", True),
        ("::ffff:8.8.8.8", False),
    ],
)
def test_a_public_address_of_its_own_network_is_not_reached(
    place: Path, address: str, reached: bool
) -> None:
    own = OwnNetworks(lambda: 0.0, place)
    assert may_reach(ip_address(address), own(), []) is reached
    everywhere = [ip_network("0.0.0.0/0"), ip_network("::/0")]
    assert may_reach(ip_address(address), own(), everywhere)


def test_a_network_that_comes_later_is_known_soon(place: Path) -> None:
    now = [0.0]
    own = OwnNetworks(lambda: now[0], place)
    (place / "if_inet6").unlink()
    assert len(own()) == 4
    (place / "fib_trie").unlink()
    assert len(own()) == 4
    now[0] += READ_EVERY_S
    assert len(own()) == 2


def test_what_cannot_be_read_changes_nothing(place: Path, caplog: pytest.LogCaptureFixture) -> None:
    now = [0.0]
    own = OwnNetworks(lambda: now[0], place)
    known = own()
    (place / "route").write_text("Iface\neth0 zz\n")
    now[0] += READ_EVERY_S
    assert own() == known
    assert "cannot be read" in caplog.text


def test_this_machine_has_its_loopback_address() -> None:
    own = OwnNetworks(SystemClock().monotonic)()
    assert ip_network("127.0.0.1") in own
