"""Patterns of clients: what they match, and that none of them can hold a worker."""

import resource

import pytest

from hostdown.domain.patterns import PATTERN_CHARS_MAX, PatternInvalid, containing


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("tiny", "m1.tiny", True),
        ("^tiny", "m1.tiny", False),
        ("m1.*", "m1.tiny", True),
        (r"m\d\.(tiny|small)$", "m1.small", True),
        ("TINY", "m1.tiny", False),
        ("(?i)TINY", "m1.tiny", True),
        ("", "m1.tiny", True),
        ("ü.", "grün", True),
        (r"\p{Greek}", "m1.λ", True),
        ("a\0b", "a\0b", True),
    ],
)
def test_a_pattern_is_looked_for_anywhere_in_the_text(pattern: str, text: str, found: bool) -> None:
    assert containing(pattern)(text) is found


@pytest.mark.parametrize(
    "pattern",
    ["[", "(", "*", r"(a)\1", "(?=a)", "(?<!a)b", "\ud800", "a{1001}"],
)
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(PatternInvalid, match="is not a 'regex'"):
        containing(pattern)


@pytest.mark.parametrize(
    "pattern",
    ["a" * (PATTERN_CHARS_MAX + 1), "((a{100}){100}){100}", r"\pL" * 80, "(.*a){1000}"],
)
def test_what_is_too_large_is_refused(pattern: str) -> None:
    with pytest.raises(PatternInvalid):
        containing(pattern)


EXPONENTIAL = [
    "(a+)+$",
    "([a-zA-Z]+)*$",
    "(a|aa)+$",
    "(a|a?)+$",
    "(.*a){20}$",
    "(a?){30}a{30}",
    "^(([a-z])+.)+[A-Z]([a-z])+$",
    "(x+x+)+y",
    "[ab]*a[ab]{30}c",
]


@pytest.mark.parametrize("pattern", EXPONENTIAL)
def test_patterns_that_stop_others_are_answered(pattern: str) -> None:
    """Each of them takes longer than this test may, times thousands, by going back."""
    found = containing(pattern)
    for letter in "ax":
        assert isinstance(found(letter * 100_000 + "!"), bool)


def test_many_patterns_at_their_worst_take_little_memory() -> None:
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    text = "".join("ab"[bin(number).count("1") % 2] for number in range(20_000))
    for number in range(100):
        containing(f"[ab]*a[ab]{{{number % 50 + 20}}}c{number}")(text)
    after_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert after_kb - before_kb < 64 * 1024
