"""Quotas, and the rules of server groups as they are shown."""

from datetime import datetime

import pytest

from hostdown.domain.model import Flavor
from hostdown.domain.quota_errors import ServersOverQuota
from hostdown.domain.quotas import (
    NOTHING_LIMITED,
    UNLIMITED,
    Quotas,
    Use,
    check_growth,
    exceeds,
    servers_allowed,
    total,
)
from hostdown.domain.server_groups import GroupPolicy, ServerGroup


@pytest.mark.parametrize(
    ("count", "limit", "expected"),
    [(10**9, UNLIMITED, False), (1, 0, True), (0, 0, False), (2, 2, False), (3, 2, True)],
)
def test_a_limit_may_be_reached_and_not_passed(count: int, limit: int, expected: bool) -> None:
    assert exceeds(count, limit) is expected


def test_nothing_is_limited_where_nothing_is_said() -> None:
    assert set(NOTHING_LIMITED) == {UNLIMITED}


def test_a_group_shows_the_rule_that_it_was_given() -> None:
    at = datetime(2026, 1, 1)
    group = ServerGroup(1, "u", "n", "p", "u", GroupPolicy.ANTI_AFFINITY, 3, at)
    assert group.rules == {"max_server_per_host": 3}
    assert group._replace(max_server_per_host=None).rules == {}


FLAVOR = Flavor(1, "f", "f", 2, 512, 0, 0, 0, 1.0, True, False, None, {})
USED = Use(instances=4, cores=7, ram_mb=2048)


@pytest.mark.parametrize(
    ("quotas", "least", "most", "allowed"),
    [
        (Quotas(), 1, 200, 200),
        (Quotas(instances=6), 2, 2, 2),
        (Quotas(instances=6), 1, 9, 2),
        (Quotas(instances=9, cores=11, ram=4096), 1, 9, 2),
        (Quotas(instances=9, cores=99, ram=2048 + 512), 1, 9, 1),
    ],
)
def test_as_many_servers_are_allowed_as_every_quota_has_room_for(
    quotas: Quotas, least: int, most: int, allowed: int
) -> None:
    assert servers_allowed(quotas, USED, FLAVOR, least, most) == allowed


@pytest.mark.parametrize(
    ("quotas", "least", "most", "message"),
    [
        (Quotas(instances=4), 1, 1,
         "Quota exceeded for instances: Requested 1, but already used 4 of 4 instances"),
        (Quotas(instances=5, cores=9), 2, 3,
         "Quota exceeded for cores, instances: Requested 6, 2-3, but already used 7, 4 of 9, 5 "
         "cores, instances"),
        (Quotas(ram=1), 1, 2,
         "Quota exceeded for ram: Requested 1024, but already used 2048 of 1 ram"),
        (Quotas(instances=0), 1, 1,
         "Quota exceeded for instances: Requested 1, but already used 4 of 0 instances"),
    ],
)  # fmt: skip
def test_fewer_than_asked_for_are_refused_with_every_quota_that_has_no_room(
    quotas: Quotas, least: int, most: int, message: str
) -> None:
    with pytest.raises(ServersOverQuota) as refused:
        servers_allowed(quotas, USED, FLAVOR, least, most)
    assert str(refused.value) == message


def test_servers_count_only_where_something_limits_them() -> None:
    assert not Quotas(metadata_items=1, key_pairs=1).limits_servers
    assert all(Quotas(**{name: 0}).limits_servers for name in ("instances", "cores", "ram"))


def test_uses_add_up() -> None:
    assert total([]) == Use(0, 0, 0)
    assert total([USED, Use(1, 2, 3)]) == Use(5, 9, 2051)


@pytest.mark.parametrize(
    ("quotas", "vcpus", "memory_mb", "refused"),
    [
        (Quotas(), 99, 99_999, None),
        (Quotas(instances=1), 4, 1024, None),
        (Quotas(cores=9, ram=2048 + 512), 4, 1024, None),
        (Quotas(cores=8), 4, 512, "cores: Requested 2, but already used 7 of 8 cores"),
        (
            Quotas(cores=8, ram=2048),
            4,
            1024,
            "cores, ram: Requested 2, 512, but already used 7, 2048 of 8, 2048 cores, ram",
        ),
        (Quotas(cores=1, ram=2048 + 512), 1, 1024, None),
        (Quotas(cores=1, ram=1), 2, 256, None),
    ],
)
def test_a_server_grows_within_the_quota_and_shrinks_beyond_it(
    quotas: Quotas, vcpus: int, memory_mb: int, refused: str | None
) -> None:
    asked = FLAVOR._replace(vcpus=vcpus, memory_mb=memory_mb)
    if refused is None:
        check_growth(quotas, USED, FLAVOR, asked)
        return
    with pytest.raises(ServersOverQuota) as error:
        check_growth(quotas, USED, FLAVOR, asked)
    assert str(error.value) == f"Quota exceeded for {refused}"
