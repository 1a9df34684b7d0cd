"""Hosts that are kept for recoveries."""

import pytest
from tests.domain.things import candidate, migration

from hostdown.domain.destinations import Need, Ratios, refusal_of
from hostdown.domain.host_fault import maintained, maintained_no_more
from hostdown.domain.migration import Wish
from hostdown.domain.model import Service
from hostdown.domain.reserves import RECOVERY, is_reserved, may_use, reserved, reserved_no_more

PLAIN = Service(1, "u", "a", "nova-compute", False, None, False, None, None)


def test_it_is_disabled_with_a_reason_of_its_own_and_enabled_again() -> None:
    kept = reserved(PLAIN)
    assert (kept.disabled, kept.disabled_reason) == (True, "reserved")
    assert is_reserved(kept)
    assert reserved_no_more(kept) == PLAIN


def test_work_on_the_host_leaves_it_reserved() -> None:
    worked_on = maintained(reserved(PLAIN))
    assert not is_reserved(worked_on)
    assert reserved_no_more(worked_on) == worked_on
    assert is_reserved(maintained_no_more(worked_on))


@pytest.mark.parametrize("after", [PLAIN, PLAIN._replace(disabled=True, disabled_reason="broken")])
def test_what_is_not_reserved_stays_as_it_is(after: Service) -> None:
    assert not is_reserved(after)
    assert reserved_no_more(after) == after


@pytest.mark.parametrize(
    ("user", "by", "may"), [("", RECOVERY, True), ("a", RECOVERY, False), ("", "admin", False)]
)
def test_only_a_recovery_may_take_one_into_use(user: str, by: str, may: bool) -> None:
    assert may_use(migration(user_id=user, wish=Wish(None, False, by, "running"))) is may


@pytest.mark.parametrize("reserves", [True, False])
@pytest.mark.parametrize("kept", [True, False])
def test_placement_takes_it_only_if_that_is_asked_for(reserves: bool, kept: bool) -> None:
    host = candidate("a", enabled=False, reserved=kept)
    refused = refusal_of(host, Need(1, 512, 0, reserves=reserves), Ratios())
    assert (refused is None) is (reserves and kept)
