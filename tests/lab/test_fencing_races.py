"""Hosts that fail in all ways that one machine can make, with nobody watching, and real guests.

`HOSTDOWN_LAB_TIMES=5` runs each so often.
"""

from collections.abc import Callable, Iterator

import pytest
from tests.lab import stories_of_fencing
from tests.lab.bench import Bench
from tests.lab.fenced import Fenced
from tests.lab.raced_hosts import HOSTS
from tests.lab.setting import Setting
from tests.lab.test_races import TIMES

STORIES: dict[str, Callable[[Fenced], None]] = {
    name.removeprefix("story_").replace("_", "-"): story
    for name, story in vars(stories_of_fencing).items()
    if name.startswith("story_")
}


@pytest.fixture
def at(place: Bench) -> Iterator[Fenced]:
    place.up(len(HOSTS), "--recover")
    people = Setting(place)
    people.admin.ask("DELETE", f"/v2.1/servers/{people.uuid}")
    made = Fenced(place, people)
    try:
        yield made
    finally:
        made.watch.stop()
        made.proceed()


@pytest.mark.long
@pytest.mark.parametrize("name", [each for each in STORIES for _ in range(TIMES)])
def test_a_host_fails_and_no_server_ever_runs_twice(at: Fenced, name: str) -> None:
    STORIES[name](at)
    at.never_twice()
