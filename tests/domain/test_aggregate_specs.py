"""What flavors ask of the metadata of aggregates."""

import pytest
from tests.domain.things import NOW

from hostdown.domain.aggregate_specs import are_met, asked_for, matches, metadata_of_hosts
from hostdown.domain.model import Aggregate

MATCHES = [
    ("ssd", "ssd", True),
    ("ssd", "SSD", False),
    ("", "", True),
    ("rack 1", "rack 1", True),
    ("~ 5", "~ 5", True),
    ("12", "= 8", True),
    ("8", "= 8", True),
    ("7", "= 8", False),
    ("8.0", "== 8", True),
    ("8", "!= 8", False),
    ("10", ">= 9", True),
    ("10", "<= 9", False),
    ("10", "> 9", True),
    ("10", "< 9", False),
    ("many", ">= 9", False),
    ("10", ">= many", False),
    ("10", ">=", False),
    ("a", "s== a", True),
    ("a", "s!= a", False),
    ("10", "s< 9", True),
    ("b", "s> a", True),
    ("a", "s>= a", True),
    ("b", "s<= a", False),
    ("a", "s==", False),
    ("fast-ssd", "<in> ssd", True),
    ("disk", "<in> ssd", False),
    ("disk", "<in>", False),
    ("b", "<or> a <or> b", True),
    ("c", "<or> a <or> b", False),
    ("<or>", "<or> a <or> b", False),
    ("a", "<or>", False),
]


@pytest.mark.parametrize(("value", "wanted", "expected"), MATCHES)
def test_a_value_matches_by_operator_or_as_it_stands(
    value: str, wanted: str, expected: bool
) -> None:
    assert matches(value, wanted) is expected


def test_an_extra_spec_without_the_namespace_asks_nothing() -> None:
    extra_specs = {
        "ssd": "true",
        "hw:cpu_policy": "dedicated",
        "aggregate_instance_extra_specs:rack": "2",
        "aggregate_instance_extra_specs:a:b": "1",
    }
    assert asked_for(extra_specs) == (("a:b", "1"), ("rack", "2"))


def test_one_value_of_each_key_has_to_match() -> None:
    metadata = {"rack": frozenset(["1", "2"]), "ssd": frozenset(["true"])}
    assert are_met((), {})
    assert are_met((("rack", "2"), ("ssd", "true")), metadata)
    assert not are_met((("rack", "3"), ("ssd", "true")), metadata)
    assert not are_met((("gpu", "!= 1"),), metadata), "what nobody says matches nothing"


def test_hosts_have_the_metadata_of_all_their_aggregates() -> None:
    first = Aggregate(1, "u1", "one", ("a", "b"), {"rack": "1", "ssd": "yes, no"}, NOW, None)
    second = Aggregate(2, "u2", "two", ("a",), {"rack": "2"}, NOW, None)
    both = frozenset(["yes", "no"])
    assert metadata_of_hosts([first, second]) == {
        "a": {"rack": frozenset(["1", "2"]), "ssd": both},
        "b": {"rack": frozenset(["1"]), "ssd": both},
    }
