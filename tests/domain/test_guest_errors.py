"""What a hypervisor says instead of doing what was asked."""

from hostdown.domain.assignment import Failure
from hostdown.domain.guest_errors import GuestRefused


def test_a_refusal_carries_the_failure_that_the_server_is_told() -> None:
    failure = Failure("no-memory", "The host has no memory left.")
    error = GuestRefused(failure)
    assert (error.failure, str(error)) == (failure, "The host has no memory left.")
