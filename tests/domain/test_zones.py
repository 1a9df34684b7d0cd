"""In which zone a service is shown (contract 2.3)."""

import pytest

from hostdown.domain import model
from hostdown.domain.zones import ZonePolicy, Zones, zone


@pytest.mark.parametrize(
    ("binary", "expected"),
    [(model.COMPUTE, "zone-a"), (model.CONDUCTOR, "inside"), (model.SCHEDULER, "inside")],
)
def test_compute_hosts_are_in_the_default_zone_and_the_rest_inside(
    binary: str, expected: str
) -> None:
    service = model.Service(1, "u", "h", binary, False, None, False, None, None)
    zones = Zones(ZonePolicy(internal="inside", default="zone-a"), {})
    assert zone(service, zones) == expected


def test_a_compute_host_is_in_the_zone_that_an_aggregate_gives_it() -> None:
    zones = Zones(ZonePolicy(), {"h": "rack-1"})
    compute = model.Service(1, "u", "h", model.COMPUTE, False, None, False, None, None)
    assert zone(compute, zones) == "rack-1"
    assert zone(compute._replace(binary=model.CONDUCTOR), zones) == "internal"


def test_without_configuration_the_names_are_novas() -> None:
    assert ZonePolicy() == ("internal", "nova")
