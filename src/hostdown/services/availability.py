"""Availability zones as clients see them: what services are in each (contract 6.4)."""

from collections.abc import Iterable
from typing import NamedTuple

from hostdown.domain.model import Service
from hostdown.domain.zones import Zones, zone


class Availability(NamedTuple):
    """Zones that have an enabled service, with these services; and zones that have none."""

    available: dict[str, list[Service]]
    """By zone name, in the order of names; services by host, then as they came."""
    others: list[str]


def availability(services: Iterable[Service], zones: Zones) -> Availability:
    """A zone is available if a service in it is enabled, up or down (contract 10.5, edge 63)."""
    enabled: dict[str, list[Service]] = {}
    disabled: set[str] = set()
    for service in services:
        name = zone(service, zones)
        if service.disabled:
            disabled.add(name)
        elif name in enabled:
            enabled[name].append(service)
        else:
            enabled[name] = [service]
    available = {
        name: sorted(enabled[name], key=lambda service: service.host) for name in sorted(enabled)
    }
    return Availability(available, sorted(disabled - enabled.keys()))
