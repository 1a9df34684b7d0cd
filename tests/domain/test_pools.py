"""What hosts that look at each other's locks learn of their pool, look by look."""

import pytest

from hostdown.domain.pools import Probe, Slot, alive, probed

UNKNOWN = Probe()
Look = tuple[dict[str, int], dict[str, bool]]
"""The counters of the other hosts, and what of those that are alive is locked."""


def looks(*given: Look, before: Probe = UNKNOWN) -> list[str]:
    """The class after each look."""
    found = []
    for counters, locked in given:
        slots = {host: Slot("p", 1, counter) for host, counter in counters.items()}
        assert sorted(alive(before, slots)) == sorted(locked)
        before = probed(before, slots, locked)
        found.append(before.pool_class)
    return found


def test_one_look_tells_nothing() -> None:
    assert looks(({}, {})) == [""]
    assert looks(({"a": 1}, {})) == [""]


def test_a_lock_that_is_refused_is_a_lock() -> None:
    assert looks(({"a": 1}, {}), ({"a": 2}, {"a": True})) == ["", "locks"]


def test_a_host_that_counts_on_without_its_lock_has_none() -> None:
    first, free = ({"a": 1}, {}), ({"a": 2}, {"a": False})
    assert looks(first, free, ({"a": 3}, {"a": False})) == ["", "", "nolock"]
    assert looks(first, free, ({"a": 3}, {"a": True})) == ["", "", "nolock"]


def test_a_host_that_died_after_it_counted_tells_nothing() -> None:
    """Its lock went with it."""
    assert looks(({"a": 1}, {}), ({"a": 2}, {"a": False}), ({"a": 2}, {})) == ["", "", "local"]


def test_one_host_that_is_not_kept_out_is_enough() -> None:
    both = ({"a": 1, "b": 1}, {})
    one, again = ({"a": 2, "b": 2}, {"a": True, "b": False}), ({"a": 3, "b": 3}, {"a": True})
    again[1]["b"] = False
    assert looks(both, one, again) == ["", "locks", "nolock"]


def test_a_pool_without_another_live_host_is_local_until_there_is_one() -> None:
    assert looks(({}, {}), ({}, {})) == ["", "local"]
    assert looks(({"a": 5}, {}), ({"a": 5}, {})) == ["", "local"]
    assert looks(({}, {}), ({}, {}), ({"a": 1}, {}), ({"a": 2}, {"a": True})) == [
        *("", "local", "local", "locks")
    ]


@pytest.mark.parametrize("shared", ["locks", "nolock"])
def test_a_pool_that_was_shared_once_stays_that(shared: str) -> None:
    assert looks(({}, {}), ({"a": 1}, {}), before=Probe(shared, {})) == [shared, shared]


def test_another_process_is_none_that_counts_on() -> None:
    before = Probe("", {"a": Slot("p", 1, 1)}, frozenset({"a"}))
    assert alive(before, {"a": Slot("q", 1, 9)}) == []
    assert alive(before, {"a": Slot("p", 1, 1), "b": Slot("p", 1, 2)}) == []


def test_who_knows_enough_has_time() -> None:
    assert Probe("locks").is_certain
    assert not Probe("locks", {}, frozenset({"b"})).is_certain
    assert not Probe("local").is_certain
    assert not Probe().is_certain
