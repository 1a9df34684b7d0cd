"""Contract 2.2 to 2.4: listing compute services."""

from datetime import timedelta

import pytest
from tests.api.asking import listed
from tests.api.world import DOWN_AFTER, NOW, READER, World


@pytest.mark.parametrize(
    ("query", "hosts"),
    [
        ("", ["host1", "Host1", "ctl"]),
        ("?host=host1", ["host1"]),
        ("?host=HOST1", []),
        ("?host=", ["host1", "Host1", "ctl"]),
        ("?host=ctl&host=Host1", ["Host1"]),
        ("?binary=nova-scheduler", ["ctl"]),
        ("?binary=", ["host1", "Host1", "ctl"]),
        ("?binary=nova-osapi_compute", []),
        ("?host=host1&binary=nova-scheduler", []),
        ("?host=%E4%B8%BB%E6%9C%BA", []),
    ],
)
def test_filters_are_exact_and_a_blank_one_is_none(
    world: World, query: str, hosts: list[str]
) -> None:
    for host in ("host1", "Host1"):
        world.service(host)
    world.service("ctl", "nova-scheduler")
    world.service("ctl", "nova-osapi_compute")
    world.service("ctl", "nova-metadata")
    assert [each["host"] for each in listed(world, query)] == hosts


def test_the_keys_come_in_the_contracts_order(world: World) -> None:
    world.service("host1")
    keys = ["binary", "host", "id", "zone", "status", "state", "updated_at", "disabled_reason"]
    assert list(listed(world, version="2.1")[0]) == keys
    assert list(listed(world, version="2.11")[0]) == [*keys, "forced_down"]


def test_zones_go_by_what_the_service_is(world: World) -> None:
    world.service("host1")
    world.service("ctl", "nova-conductor")
    assert [each["zone"] for each in listed(world)] == ["nova", "internal"]


@pytest.mark.parametrize(
    ("seen", "state"),
    [
        (timedelta(0), "up"),
        (DOWN_AFTER, "up"),
        (DOWN_AFTER + timedelta(microseconds=1), "down"),
        (timedelta(seconds=-5), "up"),
        (timedelta(seconds=-6), "down"),
        (None, "down"),
    ],
)
def test_state_follows_the_last_report_alone(
    world: World, seen: timedelta | None, state: str
) -> None:
    world.service("host1", seen=seen)
    assert listed(world)[0]["state"] == state


def test_times_have_six_digits_of_a_second_even_if_they_are_zero(world: World) -> None:
    world.clock.at = NOW.replace(microsecond=0)
    world.service("host1")
    world.clock.at = NOW
    world.service("host2")
    world.service("host3", seen=None)
    assert [each["updated_at"] for each in listed(world)] == [
        "2026-11-20T10:00:00.000000",
        "2026-11-20T10:00:00.123456",
        None,
    ]


def test_listing_is_for_those_whom_the_rule_allows(world: World) -> None:
    answer = world.ask("GET", "/v2.1/os-services", token=READER)
    message = "Policy doesn't allow os_compute_api:os-services:list to be performed."
    assert answer.json == {"forbidden": {"code": 403, "message": message}}
