"""Availability zones: the one place that says in which zone a service is (contract 2.3)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from hostdown.domain.aggregate_specs import AggregateMetadata
from hostdown.domain.model import COMPUTE, Service


class ZonePolicy(NamedTuple):
    """`internal_service_availability_zone` and `default_availability_zone`."""

    internal: str = "internal"
    default: str = "nova"


class Zones(NamedTuple):
    """Where hosts are at one moment: `of_hosts` has those that an aggregate puts into a zone.

    `metadata` is what aggregates say of their hosts, by host name.
    """

    policy: ZonePolicy
    of_hosts: Mapping[str, str]
    metadata: Mapping[str, AggregateMetadata] = MappingProxyType({})
    domains: Mapping[str, str] = MappingProxyType({})
    """The failure domains of hosts that have one beside their zone (`failure_domains`)."""


def zone(service: Service, zones: Zones) -> str:
    """The zone of a service: its host's for compute services, the rest is internal."""
    if service.binary != COMPUTE:
        return zones.policy.internal
    return zones.of_hosts.get(service.host, zones.policy.default)
