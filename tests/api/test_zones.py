"""Availability zones where Nova's answer surprises and is kept."""

from datetime import timedelta

from tests.api.world import World


def test_a_zone_is_available_although_all_its_hosts_are_down(world: World) -> None:
    world.service("host1", seen=timedelta(days=1))
    zone = {"zoneName": "nova", "zoneState": {"available": True}, "hosts": None}
    assert world.ask("GET", "/v2.1/os-availability-zone").json == {"availabilityZoneInfo": [zone]}
