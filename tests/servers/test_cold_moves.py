"""Cold migration and resize: stopped and given up here, started there; then a yes or a no."""

import pytest
from tests.servers.moving import DEAD, MovingScene
from tests.servers.scene import FLAVOR, WISH

from hostdown.domain.action_errors import HostUnavailable, ServerInWrongState
from hostdown.domain.assignment import Failure, PowerState
from hostdown.domain.instance import Instance
from hostdown.domain.migration import MigrationType, Status
from hostdown.domain.quota_errors import ServersOverQuota
from hostdown.domain.quotas import Quotas, Use
from hostdown.domain.resize_errors import (
    DiskCannotShrink,
    FlavorUnchanged,
    MigrationTargetUnknown,
    MigrationToSource,
)
from hostdown.domain.server_actions import STOP
from hostdown.services import resizes
from hostdown.services.project_use import Allowance
from hostdown.services.resizes import Asked
from hostdown.storage import Storage

BIG = FLAVOR._replace(id=2, flavorid="f2", name="m1.big", vcpus=2, memory_mb=1024, root_gb=2)
OFF = PowerState.SHUTDOWN


@pytest.fixture
def scene(store: Storage) -> MovingScene:
    """Two hosts of one pool, a with more room than b."""
    made = MovingScene(store)
    made.host("a", 8192)
    made.host("b")
    for host in ("a", "b"):
        made.pool(host, "p", "locks")
    return made


def ask(scene: MovingScene, uuid: str, host: str | None = None, resize: bool = False) -> None:
    asked = Asked(host, BIG if resize else None)
    resizes.ask(scene.cell, scene.storage.directory, uuid, asked, scene.asker(admin=True))


def shown(scene: MovingScene, uuid: str) -> tuple[str | None, str, str | None]:
    seen = scene.get(uuid)
    return seen.host, seen.vm_state, seen.task_state


def given_up(scene: MovingScene, uuid: str, host: str) -> None:
    """The host does what is asked: it stops the server, and then gives it up."""
    scene.move()
    scene.say(host, uuid, OFF)
    assert scene.assigned(host)[0].wanted == "elsewhere"
    scene.gone(host, uuid)
    scene.move()


def resized(scene: MovingScene, resize: bool = True) -> Instance:
    server = scene.running(WISH)
    ask(scene, server.uuid, resize=resize)
    given_up(scene, server.uuid, "a")
    scene.say("b", server.uuid)
    return scene.get(server.uuid)


def test_it_is_stopped_given_up_and_started_on_its_new_host(scene: MovingScene) -> None:
    server = scene.running(WISH)
    ask(scene, server.uuid, resize=True)
    assert shown(scene, server.uuid) == ("a", "active", "resize_migrating")
    scene.move()
    assert scene.assigned("a")[0].wanted == "stopped"
    scene.say("a", server.uuid, OFF)
    scene.gone("a", server.uuid)
    scene.move()
    (assignment,) = scene.assigned("b")
    assert (assignment.wanted, assignment.vcpus, assignment.disk) == ("running", 2, "keep")
    assert shown(scene, server.uuid) == ("a", "active", "resize_finish")
    scene.say("b", server.uuid)
    assert shown(scene, server.uuid) == ("b", "resized", None)
    seen = scene.migration(server.uuid)
    assert (seen.type, seen.status, seen.open) == (MigrationType.RESIZE, Status.FINISHED, True)
    assert scene.get(server.uuid).flavor == BIG
    assert [each[1] for each in scene.told(server.uuid)[1:]] == ["Success", "Success"]


def test_a_disk_config_is_shown_from_the_request_on(scene: MovingScene) -> None:
    server = scene.running(WISH)
    asked = Asked(flavor=BIG, disk_config="AUTO")
    resizes.ask(scene.cell, scene.storage.directory, server.uuid, asked, scene.asker())
    assert scene.get(server.uuid).extras.disk_config == "AUTO"


def test_a_yes_leaves_it_there(scene: MovingScene) -> None:
    server = resized(scene)
    resizes.confirm(scene.cell, server.uuid, scene.asker())
    assert shown(scene, server.uuid) == ("b", "active", None)
    assert scene.migration(server.uuid).status is Status.CONFIRMED
    assert scene.act(server.uuid, STOP).task_state == "powering-off"


def test_a_no_brings_it_back_as_it_was(scene: MovingScene) -> None:
    server = resized(scene)
    resizes.revert(scene.cell, server.uuid, scene.asker())
    assert shown(scene, server.uuid) == ("b", "resized", "resize_reverting")
    scene.say("b", server.uuid, OFF)
    scene.gone("b", server.uuid)
    scene.move()
    (assignment,) = scene.assigned("a")
    assert (assignment.wanted, assignment.vcpus) == ("running", 1)
    scene.say("a", server.uuid)
    assert shown(scene, server.uuid) == ("a", "active", None)
    assert scene.get(server.uuid).flavor.flavorid == FLAVOR.flavorid
    assert scene.migration(server.uuid).status is Status.REVERTED
    assert [each.generation for each in scene.permits(server.uuid)] == [1, 2, 3]


def test_a_stopped_server_moves_without_being_started(scene: MovingScene) -> None:
    server = scene.running(WISH)
    scene.act(server.uuid, STOP)
    scene.say("a", server.uuid, OFF)
    ask(scene, server.uuid)
    scene.move()
    assert scene.assigned("a")[0].wanted == "elsewhere"
    scene.gone("a", server.uuid)
    scene.move()
    assert scene.assigned("b")[0].wanted == "stopped"
    scene.say("b", server.uuid, PowerState.NOSTATE, claimed=False)
    assert shown(scene, server.uuid) == ("b", "resized", None)
    resizes.confirm(scene.cell, server.uuid, scene.asker())
    assert shown(scene, server.uuid) == ("b", "stopped", None)


def test_without_a_host_nobody_stops_it(scene: MovingScene) -> None:
    server = scene.running(WISH)
    order = server.order
    scene.force("b", down=True)
    ask(scene, server.uuid)
    scene.move()
    seen = scene.get(server.uuid)
    assert (*shown(scene, server.uuid), seen.order) == ("a", "active", None, order)
    assert seen.fault is not None
    assert "b: it is down" in seen.fault.message
    assert scene.migration(server.uuid).status is Status.ERROR


def test_a_host_that_refuses_it_lets_it_go_home(scene: MovingScene) -> None:
    server = scene.running(WISH)
    ask(scene, server.uuid, resize=True)
    given_up(scene, server.uuid, "a")
    failure = Failure("disk-full", "There is no room.")
    scene.say("b", server.uuid, PowerState.NOSTATE, claimed=False, failure=failure)
    scene.gone("b", server.uuid, claimed=False)
    scene.move()
    (assignment,) = scene.assigned("a")
    assert (assignment.wanted, assignment.vcpus, assignment.generation) == ("running", 1, 3)
    assert shown(scene, server.uuid) == ("a", "active", None)
    assert scene.migration(server.uuid).status is Status.ERROR


def test_a_word_of_before_it_was_asked_to_stop_it_stops_nothing(scene: MovingScene) -> None:
    """It is told again as long as its answer is lost (seed 90 of 59-delete-between-hosts-dies)."""
    server = scene.running(WISH)
    ask(scene, server.uuid)
    scene.say("a", server.uuid)
    assert scene.assigned("a")[0].wanted == "running"
    given_up(scene, server.uuid, "a")
    scene.say("b", server.uuid)
    assert shown(scene, server.uuid) == ("b", "resized", None)


@pytest.mark.parametrize("boots", [True, False])
def test_a_host_that_loses_it_before_it_is_asked_to_stop_it(
    scene: MovingScene, boots: bool
) -> None:
    server = scene.running(WISH)
    ask(scene, server.uuid)
    if boots:
        scene.boot("a")
        scene.assigned("a")
    else:
        scene.gone("a", server.uuid)
    scene.move()
    assert shown(scene, server.uuid) == ("a", "active", "resize_finish")
    scene.move()
    (assignment,) = scene.assigned("b")
    assert assignment.wanted == "running"
    scene.say("b", server.uuid)
    assert shown(scene, server.uuid) == ("b", "resized", None)
    assert scene.migration(server.uuid).status is Status.FINISHED


def test_a_host_that_cannot_stop_it_keeps_it(scene: MovingScene) -> None:
    server = scene.running(WISH)
    ask(scene, server.uuid)
    scene.move()
    failure = Failure("hangs", "The guest hangs.")
    scene.say("a", server.uuid, PowerState.RUNNING, failure=failure)
    assert shown(scene, server.uuid) == ("a", "active", None)
    assert scene.assigned("a")[0].wanted == "running"
    assert [each.host for each in scene.open(server.uuid)] == ["a"]


def test_a_source_that_dies_meanwhile_is_replaced_once_somebody_says_so(scene: MovingScene) -> None:
    server = scene.running(WISH)
    ask(scene, server.uuid)
    scene.move()
    scene.later(DEAD, "b")
    scene.move()
    assert [each.host for each in scene.open(server.uuid)] == ["a"]
    scene.force("a", down=True)
    scene.later(3, "b")
    scene.move()
    assert [each.host for each in scene.open(server.uuid)] == ["b"]


def test_a_finished_resize_holds_the_room_on_both_hosts(scene: MovingScene) -> None:
    server = resized(scene)
    promised = {
        each.host: each.memory_mb
        for each in scene.cell.read(lambda rows: rows.migrations.promised())
    }
    assert promised == {"a": FLAVOR.memory_mb}
    assert scene.get(server.uuid).host == "b"


def test_a_new_boot_of_its_host_does_not_lose_one_that_waits_for_a_yes(
    scene: MovingScene,
) -> None:
    server = resized(scene)
    scene.boot("b")
    (assignment,) = scene.assigned("b")
    assert assignment.uuid == server.uuid
    assert shown(scene, server.uuid) == ("b", "resized", None)


def test_what_is_wrong_is_refused(scene: MovingScene) -> None:
    server = scene.running(WISH)
    with pytest.raises(MigrationTargetUnknown, match="Compute host z could not be found"):
        ask(scene, server.uuid, "z")
    with pytest.raises(MigrationToSource):
        ask(scene, server.uuid, "a")
    asker = scene.asker()
    for flavor, error in ((FLAVOR, FlavorUnchanged), (BIG._replace(root_gb=0), DiskCannotShrink)):
        with pytest.raises(error):
            resizes.ask(
                scene.cell, scene.storage.directory, server.uuid, Asked(None, flavor), asker
            )
    for answer in (resizes.confirm, resizes.revert):
        with pytest.raises(ServerInWrongState, match="vm_state active"):
            answer(scene.cell, server.uuid, asker)
    ask(scene, server.uuid)
    with pytest.raises(ServerInWrongState, match="task_state resize_migrating"):
        ask(scene, server.uuid)
    other = scene.running(WISH)
    scene.force("a", down=True)
    with pytest.raises(HostUnavailable):
        ask(scene, other.uuid)


def test_a_server_grows_no_further_than_the_quota(scene: MovingScene) -> None:
    server = scene.running(WISH)
    over = Allowance(Quotas(cores=BIG.vcpus), Use(1, 1, 512))
    limited = Asked(flavor=BIG, allowed=over)
    with pytest.raises(ServersOverQuota, match="Requested 1, but already used 2 of 2 cores"):
        resizes.ask(scene.cell, scene.storage.directory, server.uuid, limited, scene.asker())
    assert shown(scene, server.uuid) == ("a", "active", None)
    fits = limited._replace(allowed=Allowance(Quotas(cores=BIG.vcpus)))
    resizes.ask(scene.cell, scene.storage.directory, server.uuid, fits, scene.asker())
    assert scene.get(server.uuid).task_state == "resize_migrating"
