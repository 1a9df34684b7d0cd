"""PUT /os-hosts/{host}: a host is reported down with its servers, and taken back."""

import pytest
from tests.servers.scene import ADMIN, Scene
from tests.servers.test_halves import BreakingCell, Broken

from hostdown.domain import server_actions
from hostdown.domain.action_errors import HostUnavailable
from hostdown.domain.assignment import PowerState, Wanted
from hostdown.domain.errors import HostNotMapped
from hostdown.domain.instance import Instance
from hostdown.domain.model import COMPUTE, Service
from hostdown.services import host_fault
from hostdown.services.cell_ports import CellRows
from hostdown.services.host_fault import HostWanted, Switch

ON, OFF = Switch.ENABLE, Switch.DISABLE


def put(
    scene: Scene,
    status: Switch | None = None,
    maintenance: Switch | None = None,
    down: bool | None = None,
    host: str = "a",
) -> Service:
    storage, wanted = scene.storage, HostWanted(status, maintenance, down)
    return host_fault.set_host_down(
        storage.cells, storage.directory, scene.caller(ADMIN), host, wanted, scene.now
    )


def service(scene: Scene, host: str = "a") -> Service:
    (found,) = scene.cell.read(lambda rows: rows.services.find(host, COMPUTE))
    return found


def journal(scene: Scene) -> list[tuple[object, object]]:
    """Oldest first: before and after."""

    def look(rows: CellRows) -> list[tuple[object, object]]:
        return [(each.before, each.after) for each in reversed(rows.journal.history("a", 100))]

    return scene.cell.read(look)


def paused(scene: Scene) -> Instance:
    server = scene.running()
    scene.act(server.uuid, server_actions.PAUSE)
    scene.say("a", server.uuid, PowerState.PAUSED)
    return server


def test_down_is_seen_at_once_on_the_host_and_all_its_servers(scene: Scene) -> None:
    scene.host("a")
    active, other, off, stopping = (
        scene.running(),
        paused(scene),
        scene.running(),
        scene.running(),
    )
    scene.act(off.uuid, server_actions.STOP)
    scene.say("a", off.uuid, PowerState.SHUTDOWN)
    scene.act(stopping.uuid, server_actions.STOP)
    (building,) = scene.create()
    after = put(scene, down=True)
    assert (after.forced_down, after.disabled) == (True, False)
    assert scene.states(active.uuid) == ("stopped", None, "running", 1)
    assert scene.states(other.uuid) == ("stopped", None, "paused", 2)
    assert scene.states(off.uuid) == ("stopped", None, "stopped", 2)
    assert scene.states(stopping.uuid) == ("stopped", None, "running", 2)
    assert scene.states(building.uuid) == ("error", None, "running", 1)
    assert scene.get(active.uuid).power_state == 4
    assert scene.told(active.uuid)[-1] == ("hostDownReported", "", None)
    assert scene.told(off.uuid)[-2:] == [
        ("stop", "Success", None),
        ("hostDownReported", "", None),
    ]
    assert scene.told(stopping.uuid)[-2:] == [
        ("stop", "Error", "The host was reported down."),
        ("hostDownReported", "", None),
    ]
    assert scene.told(building.uuid)[0][1] == "Error"
    for uuid in (active.uuid, off.uuid):
        with pytest.raises(HostUnavailable):
            scene.act(uuid, server_actions.START)


def test_a_host_that_lives_is_asked_to_stop_nothing_and_not_believed_until_taken_back(
    scene: Scene,
) -> None:
    scene.host("a")
    server = scene.running()
    put(scene, down=True)
    served = scene.fetch("a")
    assert served.held
    assert served.instances is not None
    assert [each.order for each in served.instances] == [1]
    before = scene.get(server.uuid)
    scene.say("a", server.uuid, PowerState.RUNNING)
    assert scene.get(server.uuid) == before


def test_taken_back_the_host_is_asked_for_what_was_and_says_what_is(scene: Scene) -> None:
    scene.host("a")
    active, other = scene.running(), paused(scene)
    (building,) = scene.create()
    put(scene, down=True)
    known = scene.fetch("a").version
    assert not put(scene, down=False).forced_down
    served = scene.fetch("a", known)
    assert not served.held
    assert served.instances is not None
    asked = {each.uuid: (each.wanted, each.order) for each in served.instances}
    assert asked == {
        active.uuid: (Wanted.RUNNING, 2),
        other.uuid: (Wanted.PAUSED, 3),
        building.uuid: (Wanted.RUNNING, 2),
    }
    assert scene.states(active.uuid) == ("stopped", None, "running", 2)
    scene.say("a", active.uuid, PowerState.RUNNING)
    scene.say("a", other.uuid, PowerState.SHUTDOWN)
    scene.say("a", building.uuid, PowerState.RUNNING)
    assert scene.states(active.uuid) == ("active", None, "running", 2)
    assert scene.states(other.uuid) == ("stopped", None, "stopped", 3)
    assert scene.states(building.uuid) == ("active", None, "running", 2)
    assert scene.get(building.uuid).fault is None
    for server in (active, other, building):
        assert scene.get(server.uuid).before is None
    scene.act(building.uuid, server_actions.STOP)


@pytest.mark.parametrize("boots_first", [True, False])
def test_a_host_that_boots_before_or_after_it_is_taken_back_does_what_was_wanted(
    scene: Scene, boots_first: bool
) -> None:
    scene.host("a")
    server = scene.running()
    put(scene, down=True)
    if boots_first:
        scene.boot("a")
        (assigned,) = scene.assigned("a")
        assert assigned.wanted == Wanted.RUNNING, "and waits: the host is forced down"
    put(scene, down=False)
    if not boots_first:
        scene.boot("a")
    (assigned,) = scene.assigned("a")
    assert (assigned.wanted, assigned.generation, assigned.order) == (Wanted.RUNNING, 2, 3)
    scene.say("a", server.uuid, PowerState.RUNNING)
    assert scene.states(server.uuid) == ("active", None, "running", 3)


def test_a_plain_force_down_leaves_servers_and_its_end_takes_a_report_back_too(
    scene: Scene,
) -> None:
    scene.host("a")
    server = scene.running()
    scene.force("a", down=True)
    assert scene.get(server.uuid) == server
    put(scene, down=True)
    assert scene.states(server.uuid) == ("stopped", None, "running", 1)
    scene.force("a", down=False)
    assert scene.states(server.uuid) == ("stopped", None, "running", 2)


def test_reporting_twice_is_reporting_once(scene: Scene) -> None:
    scene.host("a")
    server = scene.running()
    put(scene, down=True)
    before = scene.get(server.uuid), scene.told(server.uuid), journal(scene)
    put(scene, down=True)
    assert (scene.get(server.uuid), scene.told(server.uuid), journal(scene)) == before
    put(scene, down=False)
    after = scene.get(server.uuid)
    put(scene, down=False)
    assert scene.get(server.uuid) == after


def test_other_hosts_and_deleted_servers_are_left_alone(scene: Scene) -> None:
    scene.host("a")
    gone = scene.running()
    scene.delete(gone.uuid)
    scene.gone("a", gone.uuid)
    scene.host("b")
    scene.force("a", down=True)
    (other,) = scene.create()
    before = [scene.get(each.uuid) for each in (gone, other)]
    put(scene, down=True)
    put(scene, down=False)
    assert [scene.get(each.uuid) for each in (gone, other)] == before


def test_a_server_that_was_being_deleted_is_deleted_by_whoever_asks_again_or_its_host(
    scene: Scene,
) -> None:
    scene.host("a")
    first, second = scene.running(), scene.running()
    for server in (first, second):
        scene.delete(server.uuid)
    put(scene, down=True)
    assert scene.delete(first.uuid).deleted
    put(scene, down=False)
    assert scene.states(second.uuid) == ("stopped", None, "gone", 3)
    scene.gone("a", second.uuid)
    assert scene.get(second.uuid).deleted


def test_a_host_that_is_not_known_is_told_so(scene: Scene) -> None:
    with pytest.raises(HostNotMapped, match="Host 'x' is not mapped to any cell"):
        put(scene, down=True, host="x")


def test_a_report_that_breaks_anywhere_changes_nothing(scene: Scene) -> None:
    scene.host("a")
    servers = [scene.running(), scene.running()]
    before = [scene.get(each.uuid) for each in servers], service(scene), journal(scene)

    class Cells:
        def __init__(self, left: int) -> None:
            self.left = left

        def named(self, name: str) -> BreakingCell:
            return BreakingCell(scene.cell, self.left)

    for left in range(30):
        try:
            host_fault.set_host_down(
                Cells(left),  # type: ignore[arg-type] # what is used of them
                scene.storage.directory,
                scene.caller(ADMIN),
                "a",
                HostWanted(down=True),
                scene.now,
            )
        except Broken:
            now = [scene.get(each.uuid) for each in servers], service(scene), journal(scene)
            assert now == before
        else:
            break
    assert left > 5
    assert {scene.get(each.uuid).vm_state for each in servers} == {"stopped"}
