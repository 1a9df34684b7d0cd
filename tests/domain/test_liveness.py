"""When the API shows a service up, and when down (contract 2.4)."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostdown.domain.liveness import (
    LivenessPolicy,
    State,
    is_heard,
    is_silent,
    is_silent_to_owners,
    is_unreachable,
    state,
    window,
)
from hostdown.domain.model import Service

NOW = datetime(2026, 11, 20, 12, 0, 0)
TICK = timedelta(microseconds=1)
POLICY = LivenessPolicy(down_after=timedelta(seconds=60), skew_max=timedelta(seconds=5))

spans = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=1))
ages = st.timedeltas(min_value=timedelta(days=-2), max_value=timedelta(days=2))
policies = st.builds(LivenessPolicy, down_after=spans, skew_max=spans)


def service(last_seen_up: datetime | None, *, forced_down: bool = False) -> Service:
    return Service(
        id=1,
        uuid="0c5d9a4e-3f4e-4c1e-9d2a-1e1f5a0b7c11",
        host="compute1",
        binary="nova-compute",
        disabled=False,
        disabled_reason=None,
        forced_down=forced_down,
        last_seen_up=last_seen_up,
        updated_at=None,
    )


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (timedelta(0), State.UP),
        (POLICY.down_after - TICK, State.UP),
        (POLICY.down_after, State.UP),
        (POLICY.down_after + TICK, State.DOWN),
        (timedelta(days=365), State.DOWN),
        (-TICK, State.UP),
        (-POLICY.skew_max, State.UP),
        (-POLICY.skew_max - TICK, State.DOWN),
        (-POLICY.down_after, State.DOWN),
    ],
)
def test_a_report_is_life_from_the_skew_ahead_to_exactly_the_down_time(
    age: timedelta, expected: State
) -> None:
    assert state(service(NOW - age), NOW, POLICY) is expected


@pytest.mark.parametrize(
    ("seen", "silent", "expected"),
    [
        (NOW, None, False),
        (NOW, NOW, True),
        (NOW, NOW + TICK, True),
        (NOW, NOW - TICK, False),
        (None, NOW, True),
    ],
)
def test_a_host_is_unreachable_until_it_reports_anew_and_its_state_is_not_touched(
    seen: datetime | None, silent: datetime | None, expected: bool
) -> None:
    found = service(seen)._replace(unreachable_at=silent)
    assert is_unreachable(found) is expected
    assert state(found, NOW, POLICY) is (State.UP if seen else State.DOWN)


@pytest.mark.parametrize(
    ("seen", "silent", "expected"),
    [
        (NOW - TICK, NOW, True),
        (NOW, NOW - TICK, False),
        (NOW - POLICY.down_after - TICK, NOW - timedelta(days=1), True),
        (NOW - POLICY.down_after - TICK, None, False),
    ],
)
def test_a_host_that_reported_after_its_pulses_were_lost_is_silent_once_reports_are_no_life(
    seen: datetime, silent: datetime | None, expected: bool
) -> None:
    found = service(seen)._replace(unreachable_at=silent)
    assert is_silent(found, window(NOW, POLICY)) is expected


@pytest.mark.parametrize(
    ("seen", "silent", "forced_down", "expected"),
    [
        (NOW, None, False, True),
        (NOW, NOW - TICK, False, True),
        (NOW - TICK, NOW, False, False),
        (NOW - POLICY.down_after - TICK, None, False, False),
        (NOW, None, True, False),
    ],
)
def test_a_host_is_heard_by_reports_that_are_life_after_its_pulses_were_missed(
    seen: datetime, silent: datetime | None, forced_down: bool, expected: bool
) -> None:
    found = service(seen, forced_down=forced_down)._replace(unreachable_at=silent)
    assert is_heard(found, window(NOW, POLICY)) is expected


@pytest.mark.parametrize("forced_down", [False, True])
@pytest.mark.parametrize(
    ("seen", "silent", "expected"),
    [
        (NOW, None, False),
        (NOW, NOW - TICK, False),
        (NOW - TICK, NOW, True),
        (NOW - POLICY.down_after, None, False),
        (NOW - POLICY.down_after - TICK, None, True),
        (None, None, False),
        (None, NOW, True),
    ],
)
def test_owners_see_silence_by_pulses_or_by_reports_of_a_host_that_has_reported(
    seen: datetime | None, silent: datetime | None, expected: bool, forced_down: bool
) -> None:
    found = service(seen, forced_down=forced_down)._replace(unreachable_at=silent)
    assert is_silent_to_owners(found, window(NOW, POLICY)) is expected


@pytest.mark.parametrize("forced_down", [False, True])
def test_a_service_that_never_reported_is_down_however_new_its_row(forced_down: bool) -> None:
    assert state(service(None, forced_down=forced_down), NOW, POLICY) is State.DOWN


@given(age=ages, policy=policies)
def test_a_forced_down_service_is_down_whatever_it_reports(
    age: timedelta, policy: LivenessPolicy
) -> None:
    assert state(service(NOW - age, forced_down=True), NOW, policy) is State.DOWN


@given(age=ages, policy=policies, later=spans)
def test_only_a_new_report_brings_a_silent_service_back(
    age: timedelta, policy: LivenessPolicy, later: timedelta
) -> None:
    seen = service(NOW - age)
    if age >= timedelta(0) and state(seen, NOW, policy) is State.DOWN:
        assert state(seen, NOW + later, policy) is State.DOWN


@given(age=ages, policy=policies, flip=st.booleans())
def test_status_and_other_columns_have_no_say(
    age: timedelta, policy: LivenessPolicy, flip: bool
) -> None:
    plain = service(NOW - age)
    edited = plain._replace(disabled=flip, disabled_reason="x", updated_at=NOW)
    assert state(edited, NOW, policy) is state(plain, NOW, policy)


def test_the_words_are_those_of_the_api() -> None:
    assert [str(each) for each in State] == ["up", "down"]
