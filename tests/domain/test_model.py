"""The values that everything else passes around."""

from datetime import datetime
from importlib import import_module
from pkgutil import iter_modules

import pytest

from hostdown import domain
from hostdown.domain import errors, identity_errors, model

for module in iter_modules(domain.__path__, "hostdown.domain."):
    import_module(module.name)  # so that every class of errors is known


@pytest.mark.parametrize(
    ("binary", "topic"),
    [
        (model.COMPUTE, "compute"),
        (model.CONDUCTOR, "conductor"),
        (model.SCHEDULER, "scheduler"),
        ("worker", "worker"),
        ("worker-nova-x", "worker-nova-x"),
    ],
)
def test_the_topic_is_the_binary_without_its_first_word(binary: str, topic: str) -> None:
    service = model.Service(1, "u", "h", binary, False, None, False, None, None)
    assert service.topic == topic


def test_a_service_cannot_be_changed_in_place() -> None:
    service = model.Service(1, "u", "h", "nova-compute", False, None, False, None, None)
    with pytest.raises(AttributeError):
        service.forced_down = True  # type: ignore[misc]  # that it cannot is the test


@pytest.mark.parametrize(("metadata", "zone"), [({}, None), ({model.ZONE_KEY: "east"}, "east")])
def test_an_aggregate_makes_the_zone_that_its_metadata_names(
    metadata: dict[str, str], zone: str | None
) -> None:
    made = model.Aggregate(1, "u", "rack", (), metadata, datetime(2026, 11, 20), None)
    assert made.zone == zone


def all_errors(base: type[errors.HostdownError] = errors.HostdownError) -> list[type]:
    return [base, *(each for sub in base.__subclasses__() for each in all_errors(sub))]


def test_every_error_has_a_code_of_its_own() -> None:
    codes = [each.code for each in all_errors()]
    assert len(codes) == len(set(codes))


def test_an_error_is_its_sentence_with_the_facts_filled_in() -> None:
    error = errors.HostNotMapped(host="compute9")
    assert error.message == str(error) == "Host 'compute9' is not mapped to any cell"
    assert error.facts == {"host": "compute9"}


def test_a_name_that_cannot_be_kept_is_quoted_in_its_error() -> None:
    error = identity_errors.NameRefused(kind="user", name="a\nb", reason="it has two lines")
    assert str(error) == "The user name 'a\\nb' cannot be used: it has two lines."
