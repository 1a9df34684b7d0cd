"""Availability zones: the one place that says in which zone a service is (contract 2.3)."""

from typing import NamedTuple

from hostdown.domain.model import COMPUTE, Service


class ZonePolicy(NamedTuple):
    """`internal_service_availability_zone` and `default_availability_zone`."""

    internal: str = "internal"
    default: str = "nova"


def zone(service: Service, policy: ZonePolicy) -> str:
    """The zone of a service: compute hosts have a zone of their own, the rest is internal."""
    return policy.default if service.binary == COMPUTE else policy.internal
