"""What pulses say of a host, and what observers say together."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostdown.domain.sight import Patience, Preset, Sight, agreed, is_blind, most, patience, sight

LAN = patience(Preset.LAN, timedelta(milliseconds=100))


def test_presets_count_in_intervals() -> None:
    assert Patience(500_000_000, 800_000_000) == LAN
    assert patience(Preset.WAN, timedelta(seconds=1)) == Patience(10**10, 3 * 10**10)


@pytest.mark.parametrize(
    ("passed_ms", "seen"),
    [
        (0, Sight.HEARD),
        (499, Sight.HEARD),
        (500, Sight.LATE),
        (799, Sight.LATE),
        (800, Sight.SILENT),
        (10**9, Sight.SILENT),
    ],
)
def test_a_host_is_heard_then_late_then_silent(passed_ms: int, seen: Sight) -> None:
    assert sight(5, 5 + passed_ms * 1_000_000, LAN) is seen


@pytest.mark.parametrize(
    ("heard", "known", "blind"),
    [(0, 0, False), (0, 1, True), (0, 200, True), (19, 200, True), (20, 200, False), (1, 2, False)],
)
def test_who_hears_almost_nobody_doubts_itself(heard: int, known: int, blind: bool) -> None:
    assert is_blind(heard, known) is blind


@pytest.mark.parametrize(
    ("votes", "voters", "enough"),
    [(0, 0, False), (1, 1, True), (1, 2, False), (2, 2, True), (2, 3, True), (2, 4, False)],
)
def test_more_than_half_of_those_who_have_a_vote(votes: int, voters: int, enough: bool) -> None:
    assert most(votes, voters) is enough


def test_votes_of_those_who_have_none_do_not_count() -> None:
    told = [("a", "h1"), ("b", "h1"), ("b", "h1"), ("b", "h2"), ("c", "h3"), ("a", "h3")]
    assert agreed(told, ["a", "b"]) == {"h1"}
    assert agreed(told, ["b"]) == {"h1", "h2"}
    assert agreed(told, []) == set()


@given(
    st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from("123"))),
    st.sets(st.sampled_from("abcde")),
    st.sampled_from("abcde"),
)
def test_no_one_observer_decides_among_three_or_more(
    told: list[tuple[str, str]], voters: set[str], liar: str
) -> None:
    honest = [each for each in told if each[0] != liar]
    if len(voters) >= 3:
        lied = [(liar, host) for host in "123"]
        ever = agreed([*honest, *lied], voters)
        assert all(any(host == each[1] and each[0] in voters for each in honest) for host in ever)
