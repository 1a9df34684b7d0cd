"""What peers read in a silent host's slots, and what follows."""

import pytest

from hostdown.domain.slots import (
    LOOKING_MAX_S,
    Finding,
    Said,
    Watched,
    after_look,
    lived_on,
    looked,
    unreadable,
)
from hostdown.domain.watchdog import Renewal

BOOT = "boot 3"


def renewal(counter: int = 1, boot_id: str = BOOT) -> Renewal:
    return Renewal(boot_id, "process", counter)


def said(counter: int = 1) -> Said:
    return Said(renewal(counter))


def test_readers_that_agree_have_looked() -> None:
    seen = looked({"p": [said(), said()], "q": [said(5)]}, BOOT, {"p": renewal()})
    assert seen == ({"p": renewal(), "q": renewal(5)}, False, None)


@pytest.mark.parametrize(
    ("answers", "known"), [([said(1), said(2)], {}), ([said(2)], {"p": renewal(1)})]
)
def test_another_renewal_is_life(answers: list[Said], known: dict[str, Renewal]) -> None:
    seen = looked({"o": [], "p": answers}, BOOT, known)
    assert seen.is_written
    assert seen.reason == "Its slot on pool p is written to: it lives."


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ([], "was given to nobody to read."),
        ([said(), None], "was not read in time."),
        ([None], "was not read in time."),
        ([said(), Said(failure="It hangs.")], "was not read: It hangs."),
        ([Said()], "was not read: it has no renewal."),
        ([Said(renewal(boot_id="boot 2"))], "has no renewal of the boot that is silent."),
    ],
)
def test_what_is_missing_failed_or_of_another_boot_is_no_look(
    answers: list[Said | None], why: str
) -> None:
    seen = looked({"p": answers, "q": [said()]}, BOOT, {})
    assert seen.reason == f"Its slot on pool p {why}"
    assert not seen.is_written


def watched(*looks: tuple[float, list[Said | None]]) -> Watched:
    seen = Watched(0.0)
    for at, answers in looks:
        seen = after_look(seen, {"p": answers}, BOOT, at - 0.25, at)
    return seen


def test_two_whole_looks_that_find_the_same_are_stillness_since_the_first() -> None:
    first = watched((1.0, [said()]))
    assert (first.since_s, first.finding) == (1.0, Finding.LOOKING)
    assert first.still_s == 0
    both = watched((1.0, [said()]), (2.0, [said()]), (9.0, [said()]))
    assert (both.since_s, both.finding, both.reason) == (1.0, Finding.STILL, None)
    assert both.still_s == 7.75


@pytest.mark.parametrize("last", [[None], [said(2)], [said(1), said(2)]])
def test_stillness_ends_with_the_first_look_that_does_not_find_the_same(
    last: list[Said | None],
) -> None:
    ended = watched((1.0, [said()]), (2.0, [said()]), (5.0, last))
    assert (ended.since_s, ended.still_s) == (None, 0)
    assert unreadable(watched((1.0, [said()]), (2.0, [said()])), "Gone.").still_s == 0


def test_who_writes_lives_until_two_looks_find_the_same() -> None:
    writes = [(1.0, [said(1)]), (2.0, [said(2)])]
    assert watched(*writes)[2:4] == (None, Finding.WRITING)
    failed = [*writes, (9.0, [None]), (60.0, [said(2), None])]
    assert watched(*failed)[2:4] == (None, Finding.WRITING)
    once = [*failed, (70.0, [said(2)])]
    assert watched(*once)[2:4] == (70.0, Finding.WRITING)
    assert watched(*once, (71.0, [said(2)]))[2:5] == (70.0, Finding.STILL, None)


def test_half_a_look_tells_life_to_the_next() -> None:
    assert watched((1.0, [said(1), None]), (2.0, [None, said(2)])).finding is Finding.WRITING


@pytest.mark.parametrize("failed", [[None], [Said(failure="It hangs.")], [said(2)]])
def test_whatever_is_not_the_same_begins_anew(failed: list[Said | None]) -> None:
    seen = watched((1.0, [said()]), (2.0, [said()]), (3.0, failed))
    assert seen.since_s is None
    assert seen.finding is not Finding.STILL
    assert seen.reason


def test_reads_may_fail_for_a_while() -> None:
    assert watched((LOOKING_MAX_S - 1, [None])).finding is Finding.LOOKING
    assert watched((LOOKING_MAX_S, [None])).finding is Finding.UNREAD
    assert watched((1.0, [said()]), (2.0, [said()]), (3.0, [None])).finding is Finding.UNREAD


def test_where_nobody_can_look_nothing_is_waited_for() -> None:
    assert unreadable(Watched(0.0), "Nobody.")[2:5] == (None, Finding.UNREAD, "Nobody.")
    writes = watched((1.0, [said(1)]), (2.0, [said(2)]))
    assert unreadable(writes, "Nobody.")[2:5] == (None, Finding.WRITING, "Nobody.")


def test_no_slot_at_all_is_still() -> None:
    seen = after_look(after_look(Watched(0.0), {}, BOOT, 1.0, 1.0), {}, BOOT, 2.0, 2.0)
    assert (seen.since_s, seen.finding) == (1.0, Finding.STILL)


@pytest.mark.parametrize(
    ("answers", "known", "lives"),
    [
        ([said(1), said(1)], {}, False),
        ([said(1), said(1)], {"p": renewal(1)}, False),
        ([said(1), said(2)], {}, True),
        ([said(2)], {"p": renewal(1)}, True),
        ([None, Said(), Said(failure="It hangs.")], {"p": renewal(1)}, False),
        ([Said(renewal(9, "boot 4"))], {"p": renewal(1)}, False),
        ([Said(renewal(9, "boot 4")), said(2)], {"p": renewal(1)}, True),
    ],
)
def test_another_renewal_of_the_boot_that_was_proven_over_is_its_life(
    answers: list[Said | None], known: dict[str, Renewal], lives: bool
) -> None:
    _, why = lived_on({"o": [], "p": answers}, BOOT, known)
    assert why == (
        "Its slot on pool p is written to: what was proven over lives." if lives else None
    )


def test_what_was_read_of_it_is_kept_over_looks_that_read_nothing() -> None:
    known, _ = lived_on({"p": [said(1)], "q": [None]}, BOOT, {"q": renewal(5)})
    assert known == {"p": renewal(1), "q": renewal(5)}
    known, _ = lived_on({"p": [Said(renewal(1, "boot 4"))], "q": []}, BOOT, known)
    assert known == {"p": renewal(1), "q": renewal(5)}
