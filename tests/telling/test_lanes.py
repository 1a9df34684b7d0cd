"""Order within a lane, no waiting for another's receiver, and rest for one that fails."""

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from hostdown.domain.deliveries import PAUSE_FIRST_S, Channel, Delivery
from hostdown.services.lanes import AGAIN_AT_ONCE_MAX, AT_ONCE_MAX, Lanes

AT = datetime(2026, 3, 10, 12)


def delivery(number: int, lane: str = "a", batch: int | None = None, to: str = "r") -> Delivery:
    of = number if batch is None else batch
    return Delivery(number, f"d{number}", Channel.WEBHOOK, to, lane, of, "", b"{}", AT)


def ids(found: list[Delivery]) -> list[str]:
    return [each.id for each in found]


def test_the_next_batch_of_a_lane_goes_once_all_of_the_one_before_was_taken() -> None:
    lanes = Lanes()
    first, second, third = delivery(1, batch=1), delivery(2, batch=1), delivery(3, batch=2)
    lanes.add([first, second, third])
    assert ids(lanes.next(0)) == ["d1", "d2"]
    lanes.taken(first)
    assert lanes.next(0) == []
    lanes.taken(second)
    assert ids(lanes.next(0)) == ["d3"]


def test_what_comes_late_for_the_batch_that_is_sent_goes_with_it() -> None:
    lanes = Lanes()
    lanes.add([delivery(1, batch=1)])
    assert ids(lanes.next(0)) == ["d1"]
    lanes.add([delivery(2, batch=1)])
    assert ids(lanes.next(0)) == ["d2"]


def test_other_lanes_and_other_receivers_do_not_wait() -> None:
    lanes = Lanes()
    lanes.add([delivery(1), delivery(2), delivery(3, lane="b"), delivery(4, to="s")])
    assert sorted(ids(lanes.next(0))) == ["d1", "d3", "d4"]


def test_a_receiver_that_fails_rests_and_is_then_tried_with_one() -> None:
    lanes = Lanes()
    lanes.add([delivery(number, lane=str(number)) for number in (1, 2, 3)])
    sent = lanes.next(0)
    for each in sent:
        lanes.failed(each, 0)  # all of them failed together: that is one failure
    assert lanes.next(PAUSE_FIRST_S - 0.01) == []
    assert lanes.due() == PAUSE_FIRST_S
    (tried,) = lanes.next(PAUSE_FIRST_S)
    assert lanes.next(PAUSE_FIRST_S) == []
    assert lanes.due() is None
    lanes.failed(tried, 1)
    assert lanes.due() == 1 + 2 * PAUSE_FIRST_S
    (tried,) = lanes.next(5)
    lanes.taken(tried)
    assert len(lanes.next(5)) == 2


def test_what_a_receiver_always_fails_at_holds_up_its_lane_alone() -> None:
    lanes = Lanes()
    bad = delivery(1, lane="bad")
    lanes.add([bad, delivery(2, lane="bad")])
    now, tries = 0.0, 0
    for number in range(100, 700):  # five minutes
        good = delivery(number, lane="good")
        lanes.add([good])
        sent = lanes.next(now)
        assert good in sent
        lanes.taken(good)
        if bad in sent:
            tries += 1
            lanes.failed(bad, now, reached=True)
        now += 0.5
    assert lanes.held("r") == 2
    assert 8 < tries < 15  # at ever longer intervals, up to a minute


def test_what_hangs_at_each_attempt_leaves_room_for_others() -> None:
    lanes = Lanes()
    hanging = [delivery(number, lane=str(number)) for number in range(AT_ONCE_MAX)]
    lanes.add(hanging)
    for each in lanes.next(0):
        lanes.failed(each, 10, reached=True)
    assert len(lanes.next(20)) == AGAIN_AT_ONCE_MAX
    lanes.add([delivery(100, lane="good")])
    assert ids(lanes.next(20)) == ["d100"]


def test_a_receiver_that_answers_is_there_whatever_it_says() -> None:
    lanes = Lanes()
    lanes.add([delivery(number, lane=str(number)) for number in range(4)])
    now = 0.0
    for _ in range(6):
        for each in lanes.next(now):
            lanes.failed(each, now)
        now += 60
    (first,) = lanes.next(now)
    lanes.failed(first, now, reached=True)
    assert len(lanes.next(now)) == 3


def test_a_receiver_that_is_back_is_told_all_that_waits_at_once() -> None:
    lanes = Lanes()
    lanes.add([delivery(number, lane=str(number)) for number in range(4)])
    now = 0.0
    for _ in range(6):
        for each in lanes.next(now):
            lanes.failed(each, now)
        now += 60
    (first,) = lanes.next(now)
    lanes.taken(first)
    assert len(lanes.next(now)) == 3


def test_what_failed_goes_before_what_follows_it_in_its_lane() -> None:
    lanes = Lanes()
    lanes.add([delivery(1), delivery(2)])
    (first,) = lanes.next(0)
    lanes.failed(first, 0)
    assert ids(lanes.next(10)) == ["d1"]


def test_what_is_given_up_lets_the_next_go() -> None:
    lanes = Lanes()
    lanes.add([delivery(1), delivery(2)])
    (first,) = lanes.next(0)
    lanes.given_up(first)
    assert ids(lanes.next(0)) == ["d2"]


def test_a_receiver_is_sent_so_many_at_a_time() -> None:
    lanes = Lanes()
    lanes.add([delivery(number, batch=1) for number in range(AT_ONCE_MAX + 5)])
    sent = lanes.next(0)
    assert len(sent) == AT_ONCE_MAX
    lanes.taken(sent[0])
    assert len(lanes.next(0)) == 1
    assert lanes.held("r") == AT_ONCE_MAX + 4
    assert lanes.held("nobody") == 0


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("rs")), max_size=12),
    st.lists(st.sampled_from(["taken", "failed", "lost", "given_up"]), max_size=60),
)
def test_whatever_becomes_of_each_all_go_once_and_in_order(
    made: list[tuple[str, str]], fates: list[str]
) -> None:
    lanes, over = Lanes(), []
    every = [delivery(n, lane, batch=n // 2, to=to) for n, (lane, to) in enumerate(made)]
    lanes.add(every)
    now, left = 0.0, list(fates)
    while sent := lanes.next(now):
        for each in sent:
            fate = left.pop() if left else "taken"
            if fate in ("failed", "lost"):
                lanes.failed(each, now, reached=fate == "failed")
            else:
                over.append(each)
                (lanes.taken if fate == "taken" else lanes.given_up)(each)
        now += 120
    assert sorted(ids(over)) == sorted(ids(every))
    for lane in "ab":
        for to in "rs":
            batches = [each.batch for each in over if (each.lane, each.receiver) == (lane, to)]
            assert batches == sorted(batches)
    assert lanes.held("r") == lanes.held("s") == 0
