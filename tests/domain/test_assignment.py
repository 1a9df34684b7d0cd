"""What servers and hosts say to each other about instances."""

from hostdown.domain.assignment import Holder, Outcome, PowerState


def test_an_outcome_without_more_is_neither_gone_nor_failed() -> None:
    outcome = Outcome("u", 1, 2, PowerState.RUNNING, claimed=True)
    assert (outcome.gone, outcome.failure, outcome.holder) == (False, None, None)


def test_power_states_have_novas_numbers() -> None:
    assert {state.name: int(state) for state in PowerState} == {
        "NOSTATE": 0,
        "RUNNING": 1,
        "PAUSED": 3,
        "SHUTDOWN": 4,
        "CRASHED": 6,
        "SUSPENDED": 7,
    }


def test_holders_are_ordered_by_generation_first() -> None:
    assert max(Holder(2, "a", 1), Holder(1, "b", 9)) == Holder(2, "a", 1)
