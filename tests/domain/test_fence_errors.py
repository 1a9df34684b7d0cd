"""What keeps a host from being fenced says whether trying again can help."""

import pytest

from hostdown.domain.fence_errors import FenceFailed, HostWithoutFencing


@pytest.mark.parametrize("retry", [True, False])
def test_a_failure_is_a_sentence_and_says_whether_to_try_again(retry: bool) -> None:
    failed = FenceFailed("The BMC {x} is silent.", retry=retry)
    assert failed.message == "The BMC {x} is silent."
    assert failed.retry is retry


def test_a_host_that_was_forgotten_is_told_what_to_write() -> None:
    forgotten = HostWithoutFencing(path="/etc/hostdown/fencing.yaml", host="compute1")
    assert "matches host 'compute1': add one" in forgotten.message
