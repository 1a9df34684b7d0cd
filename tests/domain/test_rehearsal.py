"""What has to be said before a host fails."""

import pytest

from hostdown.domain import rehearsal
from hostdown.domain.pools import PoolClass
from hostdown.domain.rehearsal import Facts, warnings

BMC = ("redfish",)
ARMED = ("redfish", "watchdog")


@pytest.mark.parametrize(
    ("drivers", "pool_class", "said"),
    [
        (ARMED, PoolClass.LOCKS, [rehearsal.NO_TIMER, rehearsal.LATE_OFF]),
        (BMC, PoolClass.LOCKS, [rehearsal.NOT_NAMED, rehearsal.LATE_OFF]),
        ((), PoolClass.LOCKS, [rehearsal.NO_LEVEL, rehearsal.NOT_NAMED]),
        (("none",), PoolClass.LOCKS, [rehearsal.NO_LEVEL, rehearsal.NOT_NAMED]),
        (("watchdog",), PoolClass.LOCKS, [rehearsal.NO_TIMER]),
        (("watchdog",), PoolClass.NOLOCK, [rehearsal.NO_LOCKS, rehearsal.NO_TIMER]),
        (("watchdog",), PoolClass.REPLAY, [rehearsal.REPLAY, rehearsal.NO_TIMER]),
        (
            ("none",),
            PoolClass.LOCAL,
            [rehearsal.NO_LEVEL, rehearsal.NOT_NAMED, rehearsal.LOCAL],
        ),
        (
            ARMED,
            PoolClass.LOCAL,
            [rehearsal.LOCAL, rehearsal.LYING_DEVICE, rehearsal.NO_TIMER, rehearsal.LATE_OFF],
        ),
        (
            ARMED,
            "",
            [
                rehearsal.UNKNOWN_POOL,
                rehearsal.LYING_DEVICE,
                rehearsal.NO_TIMER,
                rehearsal.LATE_OFF,
            ],
        ),
    ],
)
def test_each_weakness_is_named(drivers: tuple[str, ...], pool_class: str, said: list[str]) -> None:
    assert warnings(Facts(drivers, pool_class, is_armed=True, may_sleep=False)) == said


def test_a_watchdog_that_is_not_armed_is_none() -> None:
    said = warnings(Facts(ARMED, PoolClass.LOCKS, is_armed=False, may_sleep=False))
    assert said == [rehearsal.NOT_ARMED, rehearsal.NO_WATCHDOG, rehearsal.LATE_OFF]
    said = warnings(Facts(BMC, PoolClass.LOCKS, is_armed=False, may_sleep=False))
    assert said == [rehearsal.NO_WATCHDOG, rehearsal.LATE_OFF]
    said = warnings(Facts(("watchdog",), PoolClass.LOCKS, is_armed=False, may_sleep=False))
    assert said == [rehearsal.NO_LEVEL, rehearsal.NOT_ARMED]


def test_one_that_may_sleep_needs_more_than_a_device() -> None:
    may_sleep = Facts(ARMED, PoolClass.LOCKS, is_armed=True, may_sleep=True)
    assert warnings(may_sleep) == [rehearsal.MAY_SLEEP, rehearsal.NO_TIMER, rehearsal.LATE_OFF]
    assert rehearsal.MAY_SLEEP not in warnings(may_sleep._replace(drivers=("watchdog",)))
    assert rehearsal.MAY_SLEEP not in warnings(may_sleep._replace(drivers=()))


def test_every_case_that_cannot_be_closed_is_said_of_some_host() -> None:
    said = " ".join(
        " ".join(warnings(Facts(ARMED, pool_class, True, False))) for pool_class in (*PoolClass, "")
    )
    assert all(f"(X{number})" in said for number in range(1, 8))
