"""Which hosts fail together: the failure domain of each (DESIGN §9).

The first of these that says one decides: the host's own label, the metadata KEY of its aggregates,
its availability zone.
"""

from collections.abc import Mapping

from hostdown.domain.aggregate_specs import AggregateMetadata
from hostdown.domain.recovery_errors import FailureDomainInvalid
from hostdown.domain.zones import Zones

KEY = "failure_domain"
"""The metadata of an aggregate whose hosts fail together."""
LENGTH_MAX = 255
"""Characters of a domain's name; the width of the column."""


def domains_of_hosts(
    metadata: Mapping[str, AggregateMetadata], labels: Mapping[str, str]
) -> dict[str, str]:
    """By host name, of those that a label or an aggregate puts into one.

    Of several that aggregates name, the first by name: whoever counts has to count one.
    """
    named = {host: min(values[KEY]) for host, values in metadata.items() if values.get(KEY)}
    return {**named, **labels}


def failure_domain(host: str, zones: Zones) -> str:
    """Of a compute host, by its name."""
    return zones.domains.get(host) or zones.of_hosts.get(host, zones.policy.default)


def check_domain(name: str) -> None:
    """Raises FailureDomainInvalid."""
    if not name.strip() or len(name) > LENGTH_MAX or not name.isprintable():
        raise FailureDomainInvalid(length_max=LENGTH_MAX)
