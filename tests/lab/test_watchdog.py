"""The rules of the watchdog, without a host."""

import math

import pytest

from hostdown.lab.watchdog import Timer


def test_it_never_fires_before_it_is_armed() -> None:
    timer = Timer()
    assert timer.told("pet", 5.0) == "refused: it is not armed"
    assert timer.due_at == math.inf


def test_each_pet_holds_it_off_for_its_time() -> None:
    timer = Timer()
    assert timer.told("arm 2", 10.0) == "armed 2"
    assert timer.due_at == 12.0
    assert timer.told("pet", 11.5) == "armed 2"
    assert timer.due_at == 13.5


def test_its_time_does_not_change_and_arming_again_is_a_pet() -> None:
    timer = Timer()
    timer.told("arm 2", 10.0)
    assert timer.told("arm 3", 11.0).startswith("refused: it is armed with 2")
    assert timer.due_at == 12.0
    assert timer.told("arm 2.0", 11.0) == "armed 2"
    assert timer.due_at == 13.0


@pytest.mark.parametrize(
    "message", ["", "arm", "arm x", "arm nan", "arm inf", "arm 0", "arm -1", "arm 601", "V", "stop"]
)
def test_anything_else_is_refused_and_disarms_nothing(message: str) -> None:
    timer = Timer()
    timer.told("arm 2", 10.0)
    assert timer.told(message, 11.0).startswith("refused: ")
    assert timer.due_at == 12.0
