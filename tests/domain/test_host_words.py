"""What owners of servers are told of a host, and no more."""

from collections.abc import Mapping
from datetime import datetime

import pytest

from hostdown.domain.host_words import (
    About,
    Hosted,
    Sees,
    Words,
    facts,
    read,
    seen,
    written,
)
from hostdown.domain.model import COMPUTE, Caller, Change, Service
from hostdown.domain.server_status import HostFacts, Precedence

NOW = datetime(2026, 3, 10, 12)
CALLER = Caller("", "observers", None, (), "-")
UP, UNKNOWN = HostFacts(False, False, False), HostFacts(False, False, True)
DOWN, MAINTAINED = HostFacts(False, True, True), HostFacts(True, False, False)
BOTH = HostFacts(True, True, False)
SERVER = Hosted("s1", "p1", "u1", "vm", "active")


def service(**other: object) -> Service:
    made = Service(1, "uuid", "host1", COMPUTE, False, None, False, NOW, NOW)
    return made._replace(**other)


def change(before: Mapping[str, object], after: Mapping[str, object]) -> Change:
    return Change(NOW, CALLER, "service.update", before, after)


def test_the_facts_of_a_change_are_those_that_it_names_and_as_they_are_for_the_rest() -> None:
    told = facts(change({"silent": False}, {"silent": True}), service(disabled=True))
    assert told == (HostFacts(True, False, False), HostFacts(True, False, True))
    told = facts(change({"forced_down": False}, {"forced_down": True}), service(told_silent=True))
    assert told == (HostFacts(False, False, True), HostFacts(False, True, True))
    same = facts(change({"disabled_reason": "a"}, {"disabled_reason": "b"}), service())
    assert same[0] == same[1] == UP


@pytest.mark.parametrize(
    ("before", "after", "all_of_it", "unknown_only"),
    [
        (UP, UNKNOWN, Words("UP", "UNKNOWN"), Words("", "UNKNOWN")),
        (UNKNOWN, DOWN, Words("UNKNOWN", "DOWN"), Words("UNKNOWN", "")),
        (UP, MAINTAINED, Words("UP", "MAINTENANCE"), None),
        (MAINTAINED, BOTH, Words("MAINTENANCE", "DOWN"), None),
        (DOWN, UP, Words("DOWN", "UP"), None),
        (None, UP, Words("", "UP"), None),
        (DOWN, None, Words("DOWN", ""), None),
        (UP, UP, None, None),
    ],
)
def test_an_owner_is_told_what_it_may_see(
    before: HostFacts | None,
    after: HostFacts | None,
    all_of_it: Words | None,
    unknown_only: Words | None,
) -> None:
    about = About(before, after, [SERVER])
    assert seen(about, Sees.ALL, Precedence.NOVA) == all_of_it
    assert seen(about, Sees.UNKNOWN_ONLY, Precedence.NOVA) == unknown_only
    assert seen(about, Sees.NOTHING, Precedence.NOVA) is None


def test_which_word_comes_first_is_configured() -> None:
    about = About(MAINTAINED, BOTH, [SERVER])
    assert seen(about, Sees.ALL, Precedence.DOCUMENTED) is None


@pytest.mark.parametrize(
    "about", [About(UP, DOWN, [SERVER]), About(None, UP, ()), About(UP, None, ())]
)
def test_what_is_kept_comes_back(about: About) -> None:
    back = read(written(about))
    assert (back.before, back.after, list(back.servers)) == (
        about.before, about.after, list(about.servers)
    )  # fmt: skip
