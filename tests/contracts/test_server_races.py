"""Those who place, order, settle and serve at the same moment, on every database."""

from collections.abc import Callable, Iterator
from threading import Barrier, Thread

import pytest
from tests.servers.scene import WISH, Scene

from hostdown.domain.assignment import PowerState
from hostdown.domain.errors import HostdownError
from hostdown.domain.instance import Ended
from hostdown.services.instance_ports import InstanceQuery
from hostdown.storage import DatabaseSettings, Storage, open_storage

ROUNDS = 3


@pytest.fixture
def scenes(settings: DatabaseSettings) -> Iterator[list[Scene]]:
    """Two servers on one database with host `a`, which has room for five small instances."""
    opened: list[Storage] = [open_storage(settings), open_storage(settings)]
    try:
        scenes = [Scene(storage) for storage in opened]
        scenes[0].host("a", memory_mb=5 * 512)
        yield scenes
    finally:
        for storage in opened:
            storage.close()


def at_once(*acts: Callable[[], object]) -> list[Exception]:
    """Run them together; what was raised, refusals apart."""
    together, raised = Barrier(len(acts)), list[Exception]()

    def run(act: Callable[[], object]) -> None:
        together.wait(timeout=30)
        try:
            act()
        except HostdownError:
            return
        except Exception as error:  # noqa: BLE001 - the test looks at it
            raised.append(error)

    threads = [Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return raised


def test_a_host_is_promised_no_more_than_it_has(scenes: list[Scene]) -> None:
    first, second = scenes
    creating = [lambda s=scene: s.create(1) for scene in (first, second) * 4]
    assert at_once(*creating) == []
    made = first.cell.read(lambda rows: rows.instances.find(InstanceQuery()))
    assert len(made) == 8
    assert len([each for each in made if each.host == "a"]) == 5
    assert len(first.assigned("a")) == 5


def test_a_boot_is_served_by_two_and_granted_once(scenes: list[Scene]) -> None:
    first, second = scenes
    made = [first.running() for _ in range(3)]
    for number in range(2, 2 + ROUNDS):
        first.boot("a")
        assert at_once(lambda: first.fetch("a"), lambda: second.fetch("a")) == []
        for server in made:
            permits = first.permits(server.uuid)
            assert [each.generation for each in permits] == list(range(1, number + 1))
            assert [each.boot for each in first.open(server.uuid)] == [number]


def test_a_deletion_and_an_outcome_leave_a_server_that_is_being_deleted(
    scenes: list[Scene],
) -> None:
    first, second = scenes
    for _ in range(ROUNDS):
        (server,) = first.create()
        said = second.said(server.uuid)
        raised = at_once(lambda u=server.uuid: first.delete(u), lambda o=said: second.tell("a", o))
        assert raised == []
        vm_state, *rest = first.states(server.uuid)
        assert vm_state in ("building", "active")
        assert rest == ["deleting", "gone", 2]
        gone = second.said(server.uuid, PowerState.NOSTATE, gone=True)
        again = [lambda s=scene, o=gone: s.tell("a", o) for scene in scenes]
        assert at_once(*again) == []
        assert first.get(server.uuid).deleted
        assert first.open(server.uuid) == []


def test_a_boot_and_a_surrender_end_a_permit_once(scenes: list[Scene]) -> None:
    """Whoever comes first: with the surrender the server is gone, else the newer boot is asked."""
    first, second = scenes
    for _ in range(ROUNDS):
        server = first.running()
        first.delete(server.uuid)
        gone = second.said(server.uuid, PowerState.NOSTATE, gone=True)
        first.boot("a")
        assert at_once(lambda: first.fetch("a"), lambda o=gone: second.tell("a", o)) == []
        if not first.get(server.uuid).deleted:
            assert len(first.open(server.uuid)) == 1
            first.gone("a", server.uuid)
        assert first.get(server.uuid).deleted
        assert first.open(server.uuid) == []


def test_a_host_is_assigned_its_open_permits_with_their_instances(scenes: list[Scene]) -> None:
    first, _ = scenes
    first.host("b")
    first.create(1)
    mine = sorted(each.uuid for each in first.create(2, WISH._replace(hosts=["a"])))
    host = first.record("a").id

    def assigned() -> list[tuple[str, str]]:
        found = first.cell.read(lambda rows: rows.permits.assigned(host))
        return [(permit.instance, instance.uuid) for permit, instance in found]

    assert assigned() == [(uuid, uuid) for uuid in mine]
    (ended,) = first.permits(mine[0])
    first.cell.write(lambda rows: rows.permits.end(ended, Ended("word", "admin", first.now)))
    assert assigned() == [(uuid, uuid) for uuid in mine[1:]]
    assert first.cell.read(lambda rows: rows.permits.assigned("\0")) == []


def test_hosts_of_a_name_hear_of_a_change_if_they_may_run_anything(scenes: list[Scene]) -> None:
    first, _ = scenes
    first.running()
    first.host("b")
    for name in ("a", "b"):
        first.cell.write(lambda rows, n=name: rows.ledger.changed_on(n, 77))
    hosts = [first.record(name).id for name in "ab"]
    known = first.cell.read(lambda rows: [rows.hearing.standing(each).version for each in hosts])
    assert known == [77, 0]
