"""Servers are made whole, on hosts that have room for them, or in error with the reason."""

from threading import Barrier, Thread
from uuid import uuid4

import pytest
from tests.servers.scene import FLAVOR, START, WISH, Scene

from hostdown.domain.assignment import Disk, PowerState, Wanted
from hostdown.domain.create_errors import RequestedHostNotFound, ZoneUnavailable
from hostdown.domain.instance import PermitState
from hostdown.domain.model import ZONE_KEY, Aggregate
from hostdown.services import server_lookup
from hostdown.services.directory_ports import DirectoryRows
from hostdown.services.instance_ports import InstanceQuery


def test_a_server_is_placed_permitted_mapped_and_served(scene: Scene) -> None:
    host = scene.host("a")
    (made,) = scene.create()
    assert (made.host, made.node, made.order) == ("a", "a", 1)
    assert scene.states(made.uuid) == ("building", "spawning", "running", 1)
    (permit,) = scene.permits(made.uuid)
    assert (permit.generation, permit.host_id, permit.boot) == (1, host.id, 1)
    assert (permit.state, permit.disk, permit.over) == (PermitState.GRANTED, Disk.CREATE, ())
    (assigned,) = scene.assigned("a")
    assert (assigned.uuid, assigned.generation, assigned.boot) == (made.uuid, 1, 1)
    assert (assigned.wanted, assigned.order, assigned.disk) == (Wanted.RUNNING, 1, Disk.CREATE)
    assert assigned.name == f"instance-{made.id:08x}"
    assert (assigned.vcpus, assigned.memory_mb, assigned.root_gb) == (1, 512, 1)
    found = server_lookup.find(scene.storage.cells, scene.storage.directory, made.uuid)
    assert found is not None
    assert found[1] == made
    assert scene.told(made.uuid) == [("create", None, None)]


def test_several_are_numbered_and_share_a_reservation(scene: Scene) -> None:
    scene.host("a")
    scene.host("b")
    made = scene.create(3)
    assert [each.name for each in made] == ["web-1", "web-2", "web-3"]
    assert [each.extras.launch_index for each in made] == [0, 1, 2]
    assert len({each.extras.reservation_id for each in made}) == 1
    assert [each.host for each in made] == ["a", "b", "a"]
    assert len({each.mac for each in made}) == 3


def test_all_are_made_or_none_and_each_says_why(scene: Scene) -> None:
    scene.host("a", memory_mb=1024)
    scene.host("b", memory_mb=512)
    made = scene.create(4)
    why = "a: it has too little memory left; b: it has too little memory left."
    for each in made:
        assert (each.host, each.vm_state, each.task_state) == (None, "error", None)
        assert each.fault is not None
        assert each.fault.message == f"No valid host was found. {why}"
        assert scene.permits(each.uuid) == []
        (action, (event,)) = scene.history(each.uuid)[0]
        assert (action.message, event.result) == ("Error", "Error")
    assert [each.host for each in scene.create(3)] == ["a", "a", "b"]


def test_many_refusals_are_counted(scene: Scene) -> None:
    for number in range(7):
        scene.host(f"h{number}", memory_mb=1)
    (made,) = scene.create()
    assert made.fault is not None
    assert made.fault.details.endswith("h4: it has too little memory left; and 2 more.")


def test_without_hosts_the_fault_says_so(scene: Scene) -> None:
    (made,) = scene.create()
    assert made.fault is not None
    assert made.fault.message == "No valid host was found. There are no hosts."


def test_a_host_or_zone_that_is_not_there_is_told_before_anything_is_made(scene: Scene) -> None:
    scene.host("a")
    with pytest.raises(RequestedHostNotFound):
        scene.create(1, WISH._replace(hosts=["b"]))
    with pytest.raises(ZoneUnavailable):
        scene.create(1, WISH._replace(zone="west"))
    assert scene.cell.read(lambda rows: rows.instances.find(InstanceQuery(deleted=None))) == []


def test_a_forced_host_is_taken_down_or_full(scene: Scene) -> None:
    scene.host("a", memory_mb=1)
    scene.force("a", down=True)
    (made,) = scene.create(1, WISH._replace(hosts=["a"], forced=True))
    assert made.host == "a"
    served = scene.fetch("a")
    assert served.held
    assert served.instances is not None
    assert len(served.instances) == 1


def test_beside_a_forced_host_only_a_zone_that_an_aggregate_makes_counts(scene: Scene) -> None:
    scene.host("a")
    scene.host("b")

    def work(rows: DirectoryRows) -> None:
        rows.aggregates.lock()
        made = rows.aggregates.add(Aggregate(0, str(uuid4()), "w", (), {}, START, None))
        west = {ZONE_KEY: "west"}
        rows.aggregates.replace(made, made._replace(hosts=("b",), metadata=west))

    scene.storage.directory.write(work)
    for zone, host in (("nowhere", "a"), ("nova", "b"), ("west", "b")):
        (made,) = scene.create(1, WISH._replace(zone=zone, hosts=[host], forced=True))
        assert made.host == host
        assert made.zone in (None, "west")
    (made,) = scene.create(1, WISH._replace(zone="west", hosts=["a"], forced=True))
    assert made.fault is not None
    assert "a: it is in another availability zone" in made.fault.message


def test_what_deleted_servers_had_can_be_had_again(scene: Scene) -> None:
    scene.host("a", memory_mb=512)
    server = scene.running()
    assert scene.create()[0].host is None
    scene.delete(server.uuid)
    assert scene.create()[0].host is None
    scene.gone("a", server.uuid)
    assert scene.create()[0].host == "a"


def test_ephemeral_disks_which_nobody_makes_promise_nothing(scene: Scene) -> None:
    scene.host("a")
    big = WISH._replace(flavor=FLAVOR._replace(root_gb=50, ephemeral_gb=50))
    assert [each.host for each in scene.create(2, big)] == ["a", "a"]


def test_eight_threads_at_once_do_not_promise_more_than_there_is(scene: Scene) -> None:
    scene.host("a", memory_mb=5 * 512)
    scene.host("b", memory_mb=4 * 512)
    barrier, made = Barrier(8), []

    def make() -> None:
        barrier.wait(timeout=30)
        made.extend(scene.create(2))

    threads = [Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    placed = [each.host for each in made if each.host is not None]
    assert len(made) == 16
    assert len(placed) == 8  # in pairs
    used = scene.cell.read(lambda rows: rows.instances.used())
    promised = {each.host: each.memory_mb for each in used if each.host}
    assert promised["a"] <= 5 * 512
    assert promised["b"] <= 4 * 512


@pytest.mark.parametrize(
    ("name", "hostname"),
    [
        ("Web Server_1.example", "web-server-1-example"),
        ("-ü-", None),
        ("a" * 70, "a" * 63),
    ],
)
def test_a_guest_is_called_what_it_can_be_called(
    scene: Scene, name: str, hostname: str | None
) -> None:
    (made,) = scene.create(1, WISH._replace(name=name))
    assert made.hostname == (hostname or f"Server-{made.uuid}")


def test_a_first_start_that_succeeds_ends_the_action(scene: Scene) -> None:
    scene.host("a")
    server = scene.running()
    assert scene.states(server.uuid) == ("active", None, "running", 1)
    assert (server.power_state, server.launched_at) == (1, scene.now)
    assert scene.told(server.uuid) == [("create", "Success", None)]
    assert scene.open(server.uuid)[0].state == PermitState.CLAIMED


def test_a_stopped_guest_is_told_as_it_is(scene: Scene) -> None:
    scene.host("a")
    server = scene.running()
    scene.say("a", server.uuid, PowerState.SHUTDOWN)
    assert scene.states(server.uuid) == ("stopped", None, "stopped", 1)
