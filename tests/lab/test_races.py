"""The races of docs/explanation/races.md that one machine can make, with real guests.

`HOSTDOWN_LAB_TIMES=5` runs each so often.
"""

import os
from collections.abc import Callable, Iterator

import pytest
from tests.lab import races_of_moves, races_of_returns
from tests.lab.bench import bench, need_everything
from tests.lab.raced_hosts import HOSTS
from tests.lab.racing import Race
from tests.lab.setting import Setting

TIMES = int(os.environ.get("HOSTDOWN_LAB_TIMES", "1"))

RACES: dict[str, Callable[[Race], None]] = {
    name.removeprefix("race_").replace("_", "-"): race
    for module in (races_of_moves, races_of_returns)
    for name, race in vars(module).items()
    if name.startswith("race_")
}


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setting]:
    need_everything()
    with bench(tmp_path_factory.mktemp("races")) as lab:
        lab.up(len(HOSTS))
        made = Setting(lab)
        made.admin.ask("DELETE", f"/v2.1/servers/{made.uuid}")
        yield made
    assert lab.remains() == []


@pytest.fixture
def at(people: Setting) -> Iterator[Race]:
    made = Race(people.lab, people)
    try:
        yield made
    finally:
        made.watch.stop()


@pytest.mark.long
@pytest.mark.parametrize("name", [each for each in RACES for _ in range(TIMES)])
def test_a_race_with_real_guests_ends_as_it_must(at: Race, name: str) -> None:
    try:
        RACES[name](at)
        at.calm()
    except BaseException:
        at.give_up()
        raise
