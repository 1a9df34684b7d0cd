"""A hypervisor that falls silent disables its host's service, and nobody else's doing is undone."""

import pytest

from hostdown.domain.host_fault import REASON_LENGTH_MAX
from hostdown.domain.hypervisor_silence import as_hypervisor_says
from hostdown.domain.model import COMPUTE, Service

ENABLED = Service(1, "u", "compute1", COMPUTE, False, None, False, None, None)
LOST = "Connection to libvirt lost: it hangs"


def disabled(reason: str | None) -> Service:
    return ENABLED._replace(disabled=True, disabled_reason=reason)


def test_silence_disables_and_says_why() -> None:
    assert as_hypervisor_says(ENABLED, LOST) == disabled(f"AUTO: {LOST}")


def test_an_answer_enables_what_silence_had_disabled() -> None:
    assert as_hypervisor_says(disabled(f"AUTO: {LOST}"), "") == ENABLED


@pytest.mark.parametrize("reason", [None, "", "broken fan", "maintenance; AUTO: x", "auto: x"])
@pytest.mark.parametrize("silence", [LOST, "", None])
def test_what_an_operator_disabled_stays_with_its_reason(
    reason: str | None, silence: str | None
) -> None:
    assert as_hypervisor_says(disabled(reason), silence) == disabled(reason)


def test_who_does_not_know_changes_nothing() -> None:
    for service in (ENABLED, disabled(f"AUTO: {LOST}")):
        assert as_hypervisor_says(service, None) == service


def test_a_second_silence_keeps_the_first_reason() -> None:
    assert as_hypervisor_says(disabled(f"AUTO: {LOST}"), "other") == disabled(f"AUTO: {LOST}")


def test_a_long_reason_fits_its_column() -> None:
    reason = as_hypervisor_says(ENABLED, "x" * 1000).disabled_reason
    assert reason is not None
    assert len(reason) == REASON_LENGTH_MAX
