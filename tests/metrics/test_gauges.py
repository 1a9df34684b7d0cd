"""What databases say of hosts, recoveries and what waits, as numbers."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.api.world import World, open_world
from tests.servers.recovering import HOLD_OFF, RecoveringScene, four_hosts
from tests.servers.scene import LIVENESS
from tests.stores import fast_directory, sqlite_settings

from hostdown.domain.deliveries import Channel, Delivery, Ended, Verdict
from hostdown.domain.errors import CellUnavailable
from hostdown.domain.fence_checks import FenceCheck
from hostdown.domain.host_fault import MAINTENANCE
from hostdown.domain.metrics import text
from hostdown.services import gauges
from hostdown.services.gauges import HOST_STATES, Gauges
from hostdown.services.leader_ports import Led
from hostdown.storage import open_storage


class SceneClock:
    """The scene's time; `monotonic` grows with each look, so that no answer is an old one."""

    def __init__(self, scene: RecoveringScene) -> None:
        self._scene = scene
        self._looks = 0.0
        self.now = lambda: self._scene.now

    def monotonic(self) -> float:
        self._looks += 10
        return self._looks


@pytest.fixture
def scene() -> Iterator[RecoveringScene]:
    with fast_directory() as directory:
        storage = open_storage(sqlite_settings(Path(directory)))
        yield four_hosts(storage)
        storage.close()


@pytest.fixture
def world() -> Iterator[World]:
    with open_world() as made:
        yield made


def told(scene: RecoveringScene) -> dict[str, float]:
    """Numbers by series, as the text has them, without those that are 0."""
    storage, clock = scene.storage, SceneClock(scene)
    found = Gauges(storage.directory, storage.cells, "server1", LIVENESS, clock).read()
    lines = [line.rpartition(" ") for line in text(found).splitlines() if line[0] != "#"]
    return {
        name.removeprefix("hostdown_"): float(value) for name, _, value in lines if value != "0"
    }


def change(scene: RecoveringScene, host: str, **facts: object) -> None:
    seen = scene.service(host)
    assert scene.cell.write(lambda rows: rows.services.replace(seen, seen._replace(**facts)))


def test_of_a_deployment_that_is_well_all_hosts_are_up(scene: RecoveringScene) -> None:
    assert told(scene) == {
        'database_up{database="cell1"}': 1,
        'database_up{database="directory"}': 1,
        'hosts{cell="cell1",state="up"}': 4,
    }


def test_each_host_is_counted_once_by_the_first_state_that_holds(scene: RecoveringScene) -> None:
    scene.host("e")
    scene.host("f")
    change(scene, "a", disabled=True, disabled_reason=MAINTENANCE)
    change(scene, "b", disabled=True, disabled_reason="no more")
    scene.force("c", True)
    scene.lose("c")
    scene.lose("d")
    scene.wait(120)
    for host in "abf":
        scene.report(host)
    hosts = {name: count for name, count in told(scene).items() if name.startswith("hosts{")}
    assert hosts == {f'hosts{{cell="cell1",state="{state}"}}': 1 for state in HOST_STATES}


def test_recoveries_are_told_by_stage_and_by_what_holds_them(scene: RecoveringScene) -> None:
    scene.behind_the_gate("a", "b")
    scene.wait(100)
    found = told(scene)
    assert found['recoveries{cell="cell1",stage="held",held="gate"}'] == 1
    assert found['recoveries{cell="cell1",stage="done",held=""}'] == 1
    age = found['recoveries_oldest_seconds{cell="cell1",stage="held"}']
    assert 100 + HOLD_OFF <= age <= 100 + HOLD_OFF + 2


def test_what_waits_to_be_told_is_counted_and_has_an_age(scene: RecoveringScene) -> None:
    made = [
        Delivery(0, name, channel, "pager", "host1", 1, "", b"{}", scene.now)
        for name, channel in (
            ("a", Channel.WEBHOOK), ("b", Channel.WEBHOOK),
            ("c", Channel.BUS), ("d", Channel.ALARM),
        )
    ]  # fmt: skip
    refused = [Ended(made[3], Verdict.REFUSED, "It answered 404.")]
    scene.storage.directory.write(lambda rows: rows.deliveries.add(made))
    scene.storage.directory.write(lambda rows: rows.dead_letters.bury(refused, scene.now))
    scene.force("a", True)
    scene.wait(60)
    found = told(scene)
    assert found['deliveries_waiting{channel="webhook"}'] == 2
    assert found['deliveries_waiting{channel="bus"}'] == 1
    assert 'deliveries_waiting{channel="alarm"}' not in found
    assert found['deliveries_oldest_seconds{channel="bus"}'] == 60
    assert found['dead_letters{channel="alarm"}'] == 1
    assert found['outbox_events{database="cell1"}'] >= 1
    assert found['outbox_oldest_seconds{database="cell1"}'] == 60


def test_hosts_that_could_not_be_fenced_are_counted(scene: RecoveringScene) -> None:
    for host, failures in (("a", 0), ("b", 1), ("c", 2), ("d", 9)):
        check = FenceCheck(host, scene.now, failures, None, (), None)
        scene.cell.write(lambda rows, check=check: rows.fence_checks.put(check))  # type: ignore[misc] # a lambda's default
    assert told(scene)['hosts_fencing_broken{cell="cell1"}'] == 2


def test_it_is_told_whether_this_server_leads(scene: RecoveringScene) -> None:
    leads = 'leads{role="notifier",database="directory"}'
    for holder, does in (("server1 a-b-c", 1), ("server10 a-b-c", 0), ("server1 two a", 0)):
        scene.storage.directory.write(
            lambda rows, holder=holder: rows.leaders.put(  # type: ignore[misc] # a lambda's default
                "notifier", rows.leaders.get("notifier"), Led(holder, 1, 1)
            )
        )
        assert told(scene).get(leads, 0) == does


def values(world: World, asked: Gauges) -> dict[str, float]:
    del world
    return {
        each.values[0]: each.numbers[0]
        for each in asked.read()
        if each.metric.name == "hostdown_database_up"
    }


def of_world(world: World) -> Gauges:
    parts = world.parts
    return Gauges(parts.directory, parts.cells, "server1", parts.liveness, parts.clock)


def test_a_database_that_is_away_is_told_and_the_other_is_asked_all_the_same(world: World) -> None:
    asked = of_world(world)
    world.silence_cell()
    assert values(world, asked) == {"directory": 1, "cell1": 0}
    assert {each.metric.name for each in asked.read()} >= {"hostdown_dead_letters"}
    world.cell.error = None
    assert values(world, asked)["cell1"] == 0, "an answer is good for a second"
    world.clock.at += timedelta(seconds=2)
    assert values(world, asked) == {"directory": 1, "cell1": 1}


def test_a_database_that_hangs_is_away_and_is_asked_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gauges, "ANSWER_S", 0.05)
    asked, hangs, goes_on = of_world(world), [], threading.Event()

    def read(_work: object) -> None:
        hangs.append(1)
        goes_on.wait(10)
        raise CellUnavailable(cell="cell1")

    real = world.cell.real
    world.cell.real = type("Hanging", (), {"name": real.name, "read": staticmethod(read)})()
    for _ in range(3):
        assert values(world, asked) == {"directory": 1, "cell1": 0}
        world.clock.at += timedelta(seconds=2)
    assert hangs == [1]
    goes_on.set()
