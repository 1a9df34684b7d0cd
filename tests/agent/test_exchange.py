"""Orders come and outcomes go, whatever the wire and the server's database do."""

import threading
from pathlib import Path

import pytest
from tests.agent.exchange_pair import OTHER, SESSION, Pair
from tests.agent.worker_bed import ASKED, UUID
from tests.processes.harness import until

from hostdown.agent.errors import Refused
from hostdown.agent.exchange import POLL_EVERY_S
from hostdown.domain.assignment import Failure, Outcome, PowerState, Wanted
from hostdown.domain.assignment_forms import OUTCOMES_MAX, assignment_form


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(tmp_path)


def test_nothing_is_asked_before_the_server_took_a_complete_inventory(pair: Pair) -> None:
    """W2."""
    pair.server.give(ASKED)
    for _ in range(2):
        assert pair.turn() == POLL_EVERY_S
        pair.exchange.began(SESSION)
    assert pair.server.requests == []
    pair.exchange.hint(2)  # a report without an inventory was answered: notes are told (P5)
    for _ in range(2):
        pair.turn()
    assert (pair.server.requests, pair.server.haves) == (["assignments"], [[]])
    assert pair.bed.state is None
    pair.exchange.answered(2)
    pair.turn()
    assert pair.bed.state is PowerState.RUNNING


def test_an_order_is_carried_out_and_its_outcome_told_once(pair: Pair) -> None:
    pair.server.give(ASKED)
    pair.reporting()
    assert pair.turn() == POLL_EVERY_S
    assert pair.server.said == [Outcome(UUID, 1, 1, PowerState.RUNNING, True)]
    pair.bed.clock.forward(POLL_EVERY_S)
    pair.turn()
    assert pair.server.requests == ["assignments", "outcomes", "assignments", "assignments"]
    assert len(pair.server.said) == 1


def test_without_a_hint_the_next_order_is_seen_with_the_next_poll(pair: Pair) -> None:
    pair.reporting()
    pair.turn()
    pair.server.give(ASKED)
    assert pair.turn() == POLL_EVERY_S
    assert pair.bed.state is None
    pair.bed.clock.forward(POLL_EVERY_S)
    pair.turn()
    assert pair.bed.state is PowerState.RUNNING
    pair.server.give(ASKED._replace(order=2, wanted=Wanted.STOPPED))
    pair.exchange.hint(pair.server.version)
    pair.turn()
    assert pair.bed.state is None


def test_a_hint_of_what_is_known_asks_nothing(pair: Pair) -> None:
    pair.reporting()
    pair.turn()
    pair.server.requests.clear()
    pair.exchange.hint(pair.server.version)
    pair.exchange.hint(pair.server.version - 1)
    pair.turn()
    assert pair.server.requests == []


def test_outcomes_are_told_until_they_are_answered(pair: Pair) -> None:
    pair.server.give(ASKED)
    pair.reporting()
    pair.exchange.turn()
    pair.bed.turns()
    pair.server.answers_lost = 1
    assert 0 < pair.exchange.turn() < POLL_EVERY_S
    pair.server.cut = True
    waits = [pair.exchange.turn() for _ in range(10)]
    assert waits == sorted(waits)
    assert waits[-1] == 10
    pair.server.cut = False
    pair.exchange.turn()
    pair.exchange.turn()
    assert len(pair.server.said) == 2
    assert len(set(pair.server.said)) == 1


def test_a_server_that_takes_a_report_again_is_told_at_once_what_waits(pair: Pair) -> None:
    pair.server.give(ASKED)
    pair.reporting()
    pair.exchange.turn()
    pair.bed.turns()
    pair.server.cut = True
    assert [pair.exchange.turn() for _ in range(10)][-1] == 10
    pair.tidings.wait(0)
    stopping = threading.Event()
    thread = threading.Thread(target=pair.exchange.run, args=(stopping,))
    thread.start()
    try:
        until(lambda: pair.exchange._failures == 11)
        pair.server.cut = False
        pair.exchange.answered(pair.server.version)
        until(lambda: pair.server.said, timeout_s=5)
    finally:
        stopping.set()
        pair.tidings.wake()
        thread.join(5)


def test_a_newer_outcome_is_not_taken_for_an_answered_one(pair: Pair) -> None:
    first = Outcome(UUID, 1, 1, PowerState.RUNNING, True)
    pair.tidings.tell(first)
    pair.tidings.tell(first._replace(state=PowerState.SHUTDOWN))
    pair.tidings.answered(first)
    assert pair.tidings.some(9) == [first._replace(state=PowerState.SHUTDOWN)]


def test_an_outcome_that_the_server_cannot_read_holds_up_no_other(pair: Pair) -> None:
    pair.reporting()
    for uuid in (UUID, OTHER):
        pair.tidings.tell(Outcome(uuid, 1, 1, PowerState.RUNNING, True))
    pair.server.unreadable = UUID
    pair.turn()
    assert [each.uuid for each in pair.server.said] == [OTHER]
    assert pair.tidings.some(9) == []


def test_outcomes_that_do_not_fit_into_one_message_go_in_several(pair: Pair) -> None:
    pair.reporting()
    many = [
        Outcome(f"{n:036}", 1, 1, PowerState.NOSTATE, True, failure=Failure("c", "€" * 2000))
        for n in range(OUTCOMES_MAX)
    ]
    for each in many:
        pair.tidings.tell(each)
    pair.turn()
    assert pair.server.said == many
    assert pair.tidings.some(9) == []
    assert len(pair.server.requests) < 30


@pytest.mark.parametrize("fall", [{"commit": 9}, {"database_id": "db-2"}, {"commit": None}])
def test_orders_for_slots_of_a_server_that_is_behind_are_nobodys(
    pair: Pair, fall: dict[str, object]
) -> None:
    """P5: an attempt to fence that was over may be open again in a backup."""
    pair.server.answer = {"slot_orders": ["the first"]}
    pair.reporting()
    pair.turn()
    assert pair.watch.answers.pop()["slot_orders"] == ["the first"]
    pair.watch.answers.clear()
    pair.server.answer = {"slot_orders": ["a mark"], **fall}
    pair.bed.clock.forward(POLL_EVERY_S)
    pair.turn()
    assert pair.server.requests[-1] == "assignments"
    assert pair.watch.answers == []


@pytest.mark.parametrize("fall", [{"commit": 3}, {"database_id": "db-2"}])
def test_a_server_that_lost_commits_moves_nothing(pair: Pair, fall: dict[str, object]) -> None:
    """P5, RACES 30 and 36: also after the agent was started again."""
    pair.server.give(ASKED)
    pair.reporting()
    pair.turn()
    pair.server.give()
    pair.server.answer = fall
    for _ in range(2):
        pair.exchange.answered(99)
        pair.turn()
        assert pair.bed.state is PowerState.RUNNING
        pair.begin()
        pair.reporting()
    pair.server.answer = {}
    pair.exchange.answered(99)
    pair.turn()
    assert pair.bed.state is None


@pytest.mark.parametrize(
    "answer",
    [
        {"instances": None},
        {"instances": [{}]},
        {"version": "1"},
        {"commit": None},
        {"commit": -1},
        {"database_id": 1},
        {"instances": [assignment_form(ASKED._replace(uuid="../../etc"))]},
        {"instances": [assignment_form(ASKED._replace(name="a/b"))]},
    ],
)
def test_an_answer_that_makes_no_sense_moves_nothing(pair: Pair, answer: dict[str, object]) -> None:
    pair.server.give(ASKED)
    pair.server.answer = answer
    pair.reporting()
    assert pair.turn() < POLL_EVERY_S
    assert (pair.bed.state, pair.bed.files) == (None, [])


def test_a_session_that_is_over_asks_no_more(pair: Pair) -> None:
    pair.server.refuses = Refused(410, "session-ended", "It ended.", {})
    pair.reporting()
    assert pair.turn() == POLL_EVERY_S
    assert pair.server.requests == ["assignments"]
    pair.server.refuses = Refused(503, "cell-unavailable", "Later.", {})
    pair.reporting()
    assert pair.turn() < POLL_EVERY_S


def test_a_host_that_is_forced_down_is_told_so(pair: Pair) -> None:
    pair.server.give(ASKED)
    pair.server.held = True
    pair.reporting()
    pair.turn()
    assert pair.bed.state is None


def test_a_report_names_the_instances(pair: Pair) -> None:
    pair.reporting()
    assert pair.exchange.rows() == []


def test_one_that_has_nothing_rests_only_once_the_server_knows_how_far_it_is(pair: Pair) -> None:
    pair.begin(poll_every_s=60.0)
    pair.reporting()
    pair.turn()
    assert pair.exchange.rests
    pair.server.give()
    pair.exchange.hint(pair.server.version)
    pair.exchange.turn()
    assert pair.server.settled[-1] < pair.server.version
    assert not pair.exchange.rests
    pair.bed.clock.forward(POLL_EVERY_S)
    pair.exchange.turn()
    assert pair.server.settled[-1] == pair.server.version
    assert pair.exchange.rests
