"""Whose assignments changed, on everything that says so. Add a real one to `WAYS`."""

from collections.abc import Callable

import pytest
from tests.contracts.memory_versions import MemoryVersions

from hostdown.services.observer_ports import HostVersion, Versions

Way = tuple[Versions, Callable[[str], int]]
"""The port, and what gives a host other work and says its new version."""

A, B = "00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b"


def _memory() -> Way:
    made = MemoryVersions()
    return made, made.change


WAYS: dict[str, Callable[[], Way]] = {"memory": _memory}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Way:
    return WAYS[request.param]()


def test_at_first_nobody_has_any_work(way: Way) -> None:
    assert list(way[0].versions_since(0)[0]) == []


def test_versions_grow_and_changes_since_a_mark_are_told(way: Way) -> None:
    versions, change = way
    first, second = change(A), change(B)
    everything, mark = versions.versions_since(0)
    assert set(everything) >= {HostVersion(A, first), HostVersion(B, second)}
    third = change(A)
    assert third > first
    changed, newer = versions.versions_since(mark)
    assert HostVersion(A, third) in changed
    assert newer >= mark
    again, _ = versions.versions_since(0)
    assert max(each.version for each in again if each.host_id == A) == third
    assert HostVersion(B, second) in again
