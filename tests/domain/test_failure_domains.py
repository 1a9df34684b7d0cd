"""Who says with which hosts a host fails."""

import pytest

from hostdown.domain.failure_domains import check_domain, domains_of_hosts, failure_domain
from hostdown.domain.recovery_errors import FailureDomainInvalid
from hostdown.domain.zones import ZonePolicy, Zones

AGGREGATES = {
    "a": {"failure_domain": frozenset({"rack9", "rack2"}), "other": frozenset({"x"})},
    "b": {"failure_domain": frozenset({"rack3"})},
    "c": {"other": frozenset({"x"})},
}
ZONES = Zones(
    ZonePolicy(), {"a": "east", "c": "west"}, AGGREGATES,
    domains_of_hosts(AGGREGATES, {"b": "switch1", "d": "switch2"}),
)  # fmt: skip


@pytest.mark.parametrize(
    ("host", "domain"),
    [("a", "rack2"), ("b", "switch1"), ("c", "west"), ("d", "switch2"), ("e", "nova")],
)
def test_the_host_s_own_label_comes_first_then_its_aggregates_then_its_zone(
    host: str, domain: str
) -> None:
    assert failure_domain(host, ZONES) == domain


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 256])
def test_a_domain_has_a_name_that_can_be_shown(name: str) -> None:
    with pytest.raises(FailureDomainInvalid, match="1 to 255 printable characters"):
        check_domain(name)


def test_most_names_will_do() -> None:
    check_domain("Regal 7, links")
    check_domain("x" * 255)
