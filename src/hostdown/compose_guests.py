"""Puts together what runs the instances of a host, by `[agent] hypervisor`."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from hostdown.agent.errors import Stopped
from hostdown.agent.guests import GuestEvents, Guests, Passages
from hostdown.agent.ports import Hypervisor
from hostdown.config import Settings
from hostdown.drivers.fake_guests import FakeGuests
from hostdown.drivers.fake_hypervisor import FakeHypervisor
from hostdown.drivers.no_hypervisor import NoHypervisor
from hostdown.drivers.own_address import address_towards
from hostdown.drivers.simulated_hypervisor import SimulatedHypervisor
from hostdown.services.ports import Clock


class Runs(NamedTuple):
    """`guests` and `events` are None where there can be no instances, `passages` where none can be
    sent to other hosts."""

    hypervisor: Hypervisor
    guests: Guests | None
    events: GuestEvents | None
    passages: Passages | None = None


def _simulated(settings: Settings, host: str, booted_at: datetime, clock: Clock) -> Runs:
    return Runs(SimulatedHypervisor(host, booted_at), None, None)


def _fake(settings: Settings, host: str, booted_at: datetime, clock: Clock) -> Runs:
    guests = FakeGuests(clock, directory=settings.state_path / "fake-guests")
    return Runs(FakeHypervisor(host, guests, booted_at), guests, guests)


def _none(settings: Settings, host: str, booted_at: datetime, clock: Clock) -> Runs:
    return Runs(NoHypervisor(host, _own_address(settings), booted_at), None, None)


def _libvirt(settings: Settings, host: str, booted_at: datetime, clock: Clock) -> Runs:
    """Raises Stopped if libvirt's Python package is missing; a libvirt that is silent may come."""
    try:
        # Only hosts with libvirt have the package.
        from hostdown.drivers.libvirt_guests import LibvirtGuests
        from hostdown.drivers.libvirt_host import GuestKind, LibvirtHypervisor, Place
        from hostdown.drivers.libvirt_link import LibvirtLink
        from hostdown.drivers.libvirt_passages import LibvirtPassages, Ways
    except ImportError as error:
        raise Stopped(
            f"[agent] hypervisor = libvirt takes the Python package libvirt-python ({error}); "
            "install hostdown[libvirt].",
            "no-libvirt",
        ) from error
    options = settings.libvirt
    link = LibvirtLink(options.uri)
    kind = GuestKind(options.uri, options.virt_type)
    guests = LibvirtGuests(link, kind, options.bridge, clock)
    place = Place(settings.agent.instances_path, _own_address(settings), booted_at)
    ways = Ways(options.live_uri, options.live_tls, options.live_bandwidth_mib_s)
    passages = LibvirtPassages(link, options.bridge, ways)
    return Runs(LibvirtHypervisor(link, guests, kind, place, clock), guests, guests, passages)


def _own_address(settings: Settings) -> str:
    server = urlsplit(settings.agent.server_urls[0])
    return address_towards(server.hostname or "", server.port or 443)


HYPERVISORS: dict[str, Callable[[Settings, str, datetime, Clock], Runs]] = {
    "simulated": _simulated,
    "fake": _fake,
    "libvirt": _libvirt,
    "none": _none,
}
"""By the value of `[agent] hypervisor`; each takes the host's name and when it was started."""

REAL = frozenset({"libvirt", "none"})
"""Those that are about the machine itself, so that a machine has one at most."""
