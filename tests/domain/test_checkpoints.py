"""Doctor's checkpoints of a recovery."""

from datetime import datetime, timedelta

from hostdown.domain.checkpoints import CHECKPOINTS, Moment, profile

VERDICT = datetime(2026, 3, 10, 12)


def test_both_numberings_are_whole() -> None:
    assert [each.number for each in CHECKPOINTS] == list(range(11))
    codes = sorted(each.code for each in CHECKPOINTS if each.code is not None)
    assert codes == [f"T{number:02}" for number in range(10)]


def test_document_and_code_differ_in_which_of_two_comes_first() -> None:
    by_code = {each.code: each.name for each in CHECKPOINTS}
    assert (by_code["T03"], by_code["T04"]) == ("set VM error", "marked host down")
    assert [CHECKPOINTS[3].name, CHECKPOINTS[4].name] == ["marked host down", "set VM error"]


def test_each_has_its_time_and_how_long_after_the_verdict_it_was() -> None:
    times = {
        Moment.LAST_HEARD: VERDICT - timedelta(milliseconds=800),
        Moment.VERDICT: VERDICT,
        Moment.DISTRIBUTED: VERDICT + timedelta(milliseconds=4),
        Moment.RECEIVED: VERDICT + timedelta(milliseconds=10.399),
    }
    reached = profile(times)
    assert [each.since_ms for each in reached] == [
        -800, 0, 0, None, 0, 4, 4, 4, 4, 10.399, None,
    ]  # fmt: skip
    assert reached[9].at == times[Moment.RECEIVED]
