"""A host is deleted or has servers, whoever comes first."""

from threading import Barrier, Thread

import pytest
from tests.servers.moving import DEAD, MovingScene
from tests.servers.scene import ADMIN, WISH, Scene

from hostdown.domain.errors import DirectoryUnavailable, ServiceHasLeftovers, ServiceHostsServers
from hostdown.domain.model import COMPUTE, Service
from hostdown.services import compute_services
from hostdown.services.directory_ports import Directory


def service(scene: Scene, host: str) -> Service | None:
    return next(iter(scene.cell.read(lambda rows: rows.services.find(host, COMPUTE))), None)


def delete(scene: Scene, host: str, directory: object = None) -> None:
    found = service(scene, host)
    assert found is not None
    compute_services.delete(
        scene.storage.cells,
        directory or scene.storage.directory,  # type: ignore[arg-type] # one that is silent
        scene.caller(ADMIN),
        found.id,
        scene.now,
    )


class Silent:
    """A directory that answers no more once something is to be written."""

    def __init__(self, directory: Directory) -> None:
        self.read = directory.read

    def write(self, _: object) -> None:
        raise DirectoryUnavailable(retry_after_s=5)


def test_from_when_a_host_was_seen_empty_nothing_is_placed_there(scene: Scene) -> None:
    scene.host("a")
    with pytest.raises(DirectoryUnavailable):
        delete(scene, "a", Silent(scene.storage.directory))
    seen = service(scene, "a")
    assert seen is not None
    assert (seen.disabled, seen.disabled_reason) == (True, "being deleted")
    assert scene.create()[0].host is None
    assert scene.create(1, WISH._replace(hosts=["a"], forced=True))[0].host is None
    delete(scene, "a")  # again
    assert service(scene, "a") is None
    assert scene.storage.directory.read(lambda rows: rows.hosts.named("a")) is None


def test_a_host_with_servers_stays_as_it_was(scene: Scene) -> None:
    scene.host("a")
    scene.running()
    before = service(scene, "a")
    with pytest.raises(ServiceHostsServers):
        delete(scene, "a")
    assert service(scene, "a") == before
    assert scene.record("a").deleted_at is None


def test_at_the_same_moment_either_comes_first_and_the_other_knows(scene: Scene) -> None:
    for number in range(12):
        host = f"h{number}"
        scene.host(host)
        barrier, refused = Barrier(2), []

        def leave(host: str = host, barrier: Barrier = barrier, into: list[str] = refused) -> None:
            barrier.wait(timeout=30)
            try:
                delete(scene, host)
            except ServiceHostsServers:
                into.append(host)

        thread = Thread(target=leave)
        thread.start()
        barrier.wait(timeout=30)
        placed = scene.create(1, WISH._replace(hosts=[host], forced=True))[0].host
        thread.join(timeout=60)
        if service(scene, host) is None:
            assert (placed, refused) == (None, [])
        else:
            assert (placed, refused) == (host, [host])


def test_what_deleted_servers_left_on_a_dead_host_is_others_work(moving: MovingScene) -> None:
    """NEVER-TWICE D3: nothing but a word or a proof lets another host touch the disk."""
    for name in ("a", "b"):
        moving.pool(name, "nfs")
    server = moving.running()
    moving.later(DEAD, "b")
    assert moving.delete(server.uuid).deleted
    with pytest.raises(ServiceHasLeftovers, match=r"service of a: .* \(1\)\. Let it come back"):
        delete(moving, "a")
    assert len(moving.open(server.uuid)) == 1
    moving.force("a", down=True)
    delete(moving, "a")
    moving.later(1, "b")
    moving.move()
    (found,) = moving.assigned("b")
    assert (found.uuid, found.generation, found.wanted) == (server.uuid, 2, "gone")
    moving.gone("b", server.uuid)
    moving.move()
    assert [each.ended.kind for each in moving.permits(server.uuid) if each.ended] == [
        "word",
        "surrender",
    ]
    assert moving.open(server.uuid) == []
