"""What a server is without its host, and a service while its host is worked on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.things import NOW, STATES, instance

from hostdown.domain.host_fault import (
    BUILD_FAULT,
    REASON_LENGTH_MAX,
    disabled,
    in_maintenance,
    left_alone,
    maintained,
    maintained_no_more,
    with_host_again,
    without_host,
)
from hostdown.domain.instance import Before, Fault, Instance
from hostdown.domain.model import Service

STOPPED = {"active", "paused", "suspended", "rescued"}


def all_states() -> list[Instance]:
    return [instance(vm_state=v.value, task_state=t and t.value) for v, t in STATES]


def test_what_ran_is_stopped_what_was_built_is_an_error_and_the_rest_untouched() -> None:
    for seen in all_states():
        after = without_host(seen, NOW)
        if seen.vm_state in STOPPED:
            assert (after.vm_state, after.power_state, after.fault) == ("stopped", 4, None)
        elif seen.vm_state == "building":
            assert (after.vm_state, after.power_state) == ("error", seen.power_state)
            assert after.fault == Fault(500, BUILD_FAULT, "", NOW)
        else:
            assert after is seen
            continue
        assert (after.task_state, after.reboot, after.order) == (None, None, seen.order)
        assert after.before == Before(seen.vm_state, seen.power_state, seen.wanted)


@pytest.mark.parametrize(
    ("vm_state", "task", "asked", "meanwhile"),
    [
        ("active", None, "running", "running"),
        ("active", "pausing", "paused", "running"),
        ("active", "suspending", "suspended", "running"),
        ("active", "powering-off", "stopped", "running"),
        ("active", "rebooting_hard", "running", "running"),
        ("rescued", "powering-off", "stopped", "running"),
        ("paused", "unpausing", "running", "paused"),
        ("suspended", "resuming", "running", "suspended"),
        ("building", "spawning", "running", "running"),
        ("active", "resize_migrating", "stopped", "running"),
    ],
)
def test_a_guest_that_lives_is_left_as_it_is_until_the_report_is_taken_back(
    vm_state: str, task: str | None, asked: str, meanwhile: str
) -> None:
    """An order that its host has not done yet would else be an order to stop."""
    seen = instance(vm_state=vm_state, task_state=task, wanted=asked, reboot="hard")
    marked = without_host(seen, NOW)
    assert (marked.order, marked.wanted, marked.reboot) == (seen.order, meanwhile, None)
    again = with_host_again(marked)
    assert (again.order, again.wanted, again.reboot) == (seen.order + 1, asked, None)


def test_a_report_heard_twice_remembers_what_was_first() -> None:
    for seen in all_states():
        once = without_host(seen, NOW)
        assert without_host(once, NOW) == once


def test_what_is_deleted_or_being_deleted_stays_so() -> None:
    gone = instance(deleted=True)
    assert without_host(gone, NOW) is gone
    going = without_host(instance(task_state="deleting", wanted="gone"), NOW)
    assert (going.vm_state, going.wanted, going.task_state) == ("stopped", "gone", None)
    assert with_host_again(going).wanted == "gone"


def test_taken_back_is_the_next_order_for_what_was_wanted_and_the_host_has_the_word() -> None:
    seen = instance(vm_state="paused", wanted="paused", reboot="soft")
    marked = without_host(seen, NOW)
    after = with_host_again(marked)
    assert (after.order, after.wanted, after.reboot) == (seen.order + 1, "paused", None)
    assert (after.vm_state, after.before) == ("stopped", marked.before)
    for untouched in (seen, marked._replace(deleted=True)):
        assert with_host_again(untouched) is untouched


def service(disabled: bool, reason: str | None) -> Service:
    return Service(1, "u", "a", "nova-compute", disabled, reason, False, None, None)


@pytest.mark.parametrize(
    ("before", "during"),
    [
        (service(False, None), service(True, "maintenance")),
        (service(True, None), service(True, "maintenance; disabled without a reason")),
        (service(True, "fan"), service(True, "maintenance; fan")),
        (
            service(True, "maintenance of the fan"),
            service(True, "maintenance; maintenance of the fan"),
        ),
    ],
)
def test_maintenance_disables_and_its_end_undoes_exactly_that(
    before: Service, during: Service
) -> None:
    assert maintained(before) == maintained(during) == during
    assert maintained_no_more(during) == maintained_no_more(before) == before
    assert in_maintenance(during)
    assert not in_maintenance(before)


def test_who_is_recovered_and_why_others_are_not() -> None:
    assert left_alone(service(False, None)) is left_alone(service(True, "fan")) is None
    assert left_alone(service(True, "maintenance")) == "It is in maintenance."
    forced = service(False, None)._replace(forced_down=True)
    assert left_alone(forced) == "Somebody else forced it down."


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (service(False, None), service(True, None)),
        (service(True, "fan"), service(True, "fan")),
        (service(True, "maintenance"), service(True, "maintenance; disabled without a reason")),
        (service(True, "maintenance; fan"), service(True, "maintenance; fan")),
    ],
)
def test_who_disables_a_host_in_maintenance_finds_it_disabled_afterwards(
    before: Service, after: Service
) -> None:
    assert disabled(before) == disabled(after) == after
    assert maintained_no_more(after).disabled
    assert in_maintenance(before) == in_maintenance(after)


@given(is_disabled=st.booleans(), reason=st.none() | st.text(max_size=REASON_LENGTH_MAX))
def test_whatever_the_reason_was_it_fits_and_the_status_comes_back(
    is_disabled: bool, reason: str | None
) -> None:
    seen = service(is_disabled, reason if is_disabled else None)
    during = maintained(seen)
    assert len(during.disabled_reason or "") <= REASON_LENGTH_MAX
    if not in_maintenance(seen):
        after = maintained_no_more(during)
        assert after.disabled == is_disabled
        assert (seen.disabled_reason or "").startswith(after.disabled_reason or "")
