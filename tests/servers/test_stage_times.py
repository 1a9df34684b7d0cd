"""How long stages took is counted once, whoever counts and whoever is killed."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from tests.metrics.kept import KeptCounts
from tests.servers.moving import on_a
from tests.servers.recovering import HOLD_OFF, RecoveringScene, four_hosts

from hostdown.domain.deliveries import Channel, Delivery, Ended, Telling, Verdict
from hostdown.services.sight_ports import Silence
from hostdown.services.stage_times import AWAITED_FOR, SETTLED, StageTimes
from hostdown.services.unreachable import UNREACHABLE
from hostdown.storage import Storage

STAGES = "recovery_stages_total"


class Kept(KeptCounts):
    """Of recoveries alone."""

    @property
    def stages(self) -> list[str]:
        """Each as often as it was counted."""
        return [stage for name, stage in self.counts.elements() if name == STAGES]

    @property
    def took(self) -> dict[str, list[float]]:
        return {what: found for (_, what), found in self.times.items()}


@pytest.fixture
def scene(store: Storage) -> RecoveringScene:
    return four_hosts(store)


@pytest.fixture
def kept() -> Kept:
    return Kept()


def server(scene: RecoveringScene, kept: Kept, name: str = "server1") -> StageTimes:
    """One that has had its first look."""
    made = StageTimes(scene.storage.directory, scene.storage.cells, name, kept)
    made.turn(scene.now)
    return made


def settle(scene: RecoveringScene, *servers: StageTimes) -> None:
    for each in servers:
        each.turn(scene.now + SETTLED)


def silent_since(scene: RecoveringScene, host: str, seconds: float) -> None:
    silence = Silence("observer", scene.record(host).id, scene.now - timedelta(seconds=seconds))
    scene.cell.write(lambda rows: rows.sights.add([silence]))


def recovered(scene: RecoveringScene) -> None:
    """Host a dies, and its server runs elsewhere."""
    made = on_a(scene)
    silent_since(scene, "a", 0.8)
    scene.lose("a")
    scene.turn(HOLD_OFF + 1)
    scene.move()
    scene.wait(1.5)
    scene.say(str(scene.migration(made.uuid).dest_host), made.uuid)
    scene.until("done")


def test_every_stage_is_counted_with_its_time(scene: RecoveringScene, kept: Kept) -> None:
    counting = server(scene, kept)
    recovered(scene)
    settle(scene, counting)
    assert kept.stages == ["holding-off", "fencing", "fenced", "evacuating", "done"]
    assert kept.took.keys() == {
        "detected", "fenced", "forced-down", "first-server-back", "all-servers-back",
    }  # fmt: skip
    assert kept.took["detected"] == [0.8]
    (fenced,), (forced,) = kept.took["fenced"], kept.took["forced-down"]
    assert HOLD_OFF <= fenced <= HOLD_OFF + 1
    assert forced <= 0.1
    assert kept.took["first-server-back"] == kept.took["all-servers-back"]
    assert 1.5 <= kept.took["all-servers-back"][0] <= 3


def test_two_servers_count_each_stage_once(scene: RecoveringScene, kept: Kept) -> None:
    servers = [server(scene, kept, name) for name in ("server1", "server2")]
    recovered(scene)
    settle(scene, *servers, *servers)
    assert kept.stages == ["holding-off", "fencing", "fenced", "evacuating", "done"]
    assert [len(times) for times in kept.took.values()] == [1] * 5


def test_a_server_that_was_started_anew_counts_on(scene: RecoveringScene, kept: Kept) -> None:
    server(scene, kept)
    recovered(scene)
    settle(scene, server(scene, kept, "server1 again"))
    assert kept.stages == ["holding-off", "fencing", "fenced", "evacuating", "done"]


def test_what_was_before_the_first_server_looked_is_not_counted(
    scene: RecoveringScene, kept: Kept
) -> None:
    recovered(scene)
    settle(scene, server(scene, kept))
    assert kept.stages == []


def test_a_line_that_is_young_waits(scene: RecoveringScene, kept: Kept) -> None:
    counting = server(scene, kept)
    scene.lose("a")
    scene.turn(0.1)
    counting.turn(scene.now)
    assert kept.stages == []
    settle(scene, counting)
    assert kept.stages == ["holding-off"]


def test_a_host_without_servers_has_none_that_came_back(scene: RecoveringScene, kept: Kept) -> None:
    counting = server(scene, kept)
    scene.lose("a")
    scene.until("done")
    settle(scene, counting)
    assert kept.stages[-1] == "done"
    assert kept.took.keys() == {"fenced", "forced-down"}


def test_what_was_cancelled_is_no_time(scene: RecoveringScene, kept: Kept) -> None:
    counting = server(scene, kept)
    scene.lose("a")
    scene.turn(1)
    scene.heard("a")
    scene.turn(1)
    settle(scene, counting)
    assert kept.stages == ["holding-off", "cancelled"]
    assert kept.took == {}


def tell(scene: RecoveringScene, receivers: Sequence[str]) -> None:
    """The verdict on host a was distributed a tenth of a second after it."""
    at = scene.service("a").unreachable_at
    assert at is not None
    told = Telling("e", "a", UNREACHABLE, at, at + timedelta(milliseconds=100), len(receivers))
    scene.storage.directory.write(lambda rows: rows.tellings.add([told]))


def take(scene: RecoveringScene, receiver: str, seconds: float) -> None:
    at = scene.service("a").unreachable_at
    assert at is not None
    made = Delivery(0, receiver, Channel.WEBHOOK, receiver, "a", 1, "", b"{}", at, event="e")
    ended = Ended(made, Verdict.TAKEN, "", at + timedelta(seconds=seconds))
    scene.storage.directory.write(lambda rows: rows.tellings.arrived([ended]))


def test_telling_is_counted_once_the_last_receiver_has_it(
    scene: RecoveringScene, kept: Kept
) -> None:
    counting = server(scene, kept)
    scene.lose("a")
    scene.turn(0.1)
    tell(scene, ("one", "two"))
    take(scene, "one", 0.2)
    settle(scene, counting)
    settle(scene, counting)
    assert kept.took == {"distributed": [0.1]}
    take(scene, "two", 0.7)
    settle(scene, counting)
    settle(scene, counting)
    assert kept.took == {"distributed": [0.1], "received": [0.7]}


def test_a_receiver_that_never_takes_it_is_not_waited_for_for_ever(
    scene: RecoveringScene, kept: Kept
) -> None:
    counting = server(scene, kept)
    scene.lose("a")
    scene.turn(0.1)
    settle(scene, counting)
    scene.wait(AWAITED_FOR.total_seconds())
    settle(scene, counting)
    tell(scene, ("one",))
    take(scene, "one", 700)
    settle(scene, counting)
    assert kept.took == {}
