"""The lab's network: a bridge, an address for this machine and for each BMC, and cuts.

A cut is an element of a set that a rule drops by: a frame from a host, a frame to a host, a packet
to a BMC. It outlives the host's boots, as a pulled cable does.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Network
from typing import NamedTuple

from hostdown.lab.errors import LabError
from hostdown.lab.plan import BRIDGES, HostPlan, Names, Plan
from hostdown.lab.programs import run

SUBNETS = "10.99.0.0/16"
"""Where a subnet is looked for if none is given."""

_RULES = """\
table bridge {table} {{
  set from {{ type ifname; }}
  set to {{ type ifname; }}
  chain in {{ type filter hook prerouting priority -300; iifname @from drop; }}
  chain out {{ type filter hook postrouting priority 0; oifname @to drop; }}
}}
table inet {table} {{
  set bmc {{ type ipv4_addr; }}
  chain in {{
    type filter hook input priority 0;
    ip daddr @bmc drop;
    iifname "lo" return;
    iifname "{bridges}*" return;
    ip daddr {subnet} drop;
  }}
  chain forward {{
    type filter hook forward priority 0;
    oifname "{bridge}" iifname != "{bridge}" drop;
  }}
  chain out {{
    type filter hook output priority 0;
    oifname "{bridge}" meta skuid != 0 tcp dport 16509 drop;
  }}
}}
"""
"""Nobody but this machine and its labs reaches the lab, and nobody but root a libvirt, which takes
no password."""


class Cut(NamedTuple):
    """What does not come through."""

    outgoing: bool
    incoming: bool
    bmc: bool

    def __str__(self) -> str:
        link = {
            (False, False): "whole",
            (True, False): "cut from the host",
            (False, True): "cut to the host",
            (True, True): "cut",
        }[self.outgoing, self.incoming]
        return f"{link}, BMC cut" if self.bmc else link


@contextmanager
def subnets_held() -> Iterator[None]:
    """One lab at a time looks for a subnet and takes it; leaves no file."""
    descriptor = os.open("/run", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def free_subnet() -> str:
    """The first that no route of this machine leads into; raises LabError."""
    routes = [IPv4Network(each) for each in _routes()]
    for network in IPv4Network(SUBNETS).subnets(new_prefix=24):
        if not any(network.overlaps(route) for route in routes):
            return str(network)
    raise LabError(f"No subnet of {SUBNETS} is free; name one with --subnet.")


def _routes() -> list[str]:
    found = json.loads(run("ip", "-json", "-4", "route", "show", "table", "all") or "[]")
    return [each["dst"] for each in found if each["dst"] not in ("default", "broadcast")]


def make(plan: Plan, called: Names) -> None:
    """The bridge with its addresses, and the rules; does nothing to what is there already."""
    bridge = called.bridge
    if not os.path.exists(f"/sys/class/net/{bridge}"):
        kind = ("type", "bridge", "stp_state", "0", "forward_delay", "0")
        run("ip", "link", "add", bridge, "address", called.mac, *kind)
    run("ip", "link", "set", bridge, "addrgenmode", "none", "up")
    wanted = [f"{plan.gateway}/24", *(f"{host.bmc_address}/32" for host in plan.hosts)]
    run("ip", "-batch", "-", text="".join(f"addr replace {a} dev {bridge}\n" for a in wanted))
    if len(_families(called)) < 2:
        _drop_rules(called)
        facts = {"table": called.table, "bridge": bridge, "subnet": plan.subnet}
        run("nft", "-f", "-", text=_RULES.format(bridges=BRIDGES, **facts))


def plug(called: Names, host: HostPlan, pid: int) -> None:
    """A link from the bridge to `eth0` in the network namespace of a process."""
    veth = called.veth(host.number)
    unplug(called, host)
    inner = ("peer", "name", "eth0", "address", host.mac, "netns", str(pid))
    run("ip", "link", "add", veth, "type", "veth", *inner)
    run("ip", "link", "set", veth, "master", called.bridge, "addrgenmode", "none", "up")


def silence(called: Names, host: HostPlan) -> None:
    """Nothing comes through any more: a machine without power closes no connections."""
    veth = called.veth(host.number)
    if os.path.exists(f"/sys/class/net/{veth}"):
        run("ip", "link", "set", veth, "down")


def unplug(called: Names, host: HostPlan) -> None:
    """Remove the link, unless its other end took it along."""
    veth = called.veth(host.number)
    try:
        run("ip", "link", "del", veth)
    except LabError:
        if os.path.exists(f"/sys/class/net/{veth}"):
            raise


def cut(called: Names, host: HostPlan, what: Cut) -> None:
    """Cut this, beside what is cut already; it works from the next frame on."""
    run("nft", "-f", "-", text=_change("add", called, host, what))


def heal(called: Names, host: HostPlan) -> None:
    """Everything comes through again."""
    run("nft", "-f", "-", text=_change("delete", called, host, cuts(called, (host,))[host.name]))


def _change(verb: str, called: Names, host: HostPlan, what: Cut) -> str:
    veth = f'"{called.veth(host.number)}"'
    elements = (
        (what.outgoing, "bridge", "from", veth),
        (what.incoming, "bridge", "to", veth),
        (what.bmc, "inet", "bmc", host.bmc_address),
    )
    return "".join(
        f"{verb} element {family} {called.table} {where} {{ {element} }}\n"
        for wanted, family, where, element in elements
        if wanted
    )


def cuts(called: Names, hosts: tuple[HostPlan, ...]) -> dict[str, Cut]:
    """What is cut, by host; raises LabError."""
    held: dict[str, list[str]] = {}
    for family in ("bridge", "inet"):
        listed = json.loads(run("nft", "-j", "list", "table", family, called.table))
        for each in listed["nftables"]:
            if "set" in each:
                held[each["set"]["name"]] = each["set"].get("elem", [])
    return {
        host.name: Cut(
            called.veth(host.number) in held["from"],
            called.veth(host.number) in held["to"],
            host.bmc_address in held["bmc"],
        )
        for host in hosts
    }


def remove(called: Names) -> None:
    """The rules, the bridge and whatever is left of links; silent about what is not there."""
    _drop_rules(called)
    for link in sorted(os.listdir("/sys/class/net"), reverse=True):
        if link == called.bridge or link.startswith(f"{called.bridge}-"):
            try:
                run("ip", "link", "del", link)
            except LabError:
                if os.path.exists(f"/sys/class/net/{link}"):
                    raise


def _drop_rules(called: Names) -> None:
    for family in _families(called):
        run("nft", "delete", "table", family, called.table)


def _families(called: Names) -> list[str]:
    listed = json.loads(run("nft", "-j", "list", "tables"))["nftables"]
    tables = [each["table"] for each in listed if "table" in each]
    return [each["family"] for each in tables if each["name"] == called.table]
