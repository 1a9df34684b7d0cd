"""What a project may have, for several servers at once and for several who ask at once."""

from threading import Barrier, Thread

import pytest
from tests.servers.scene import FLAVOR, WISH, Scene

from hostdown.domain.quota_errors import ServersOverQuota
from hostdown.domain.quotas import Quotas
from hostdown.domain.server_errors import MetadataTooMany


def many(scene: Scene) -> int:
    return sum(each.instances for each in scene.cell.read(lambda rows: rows.instances.used()))


def mapped(scene: Scene) -> int:
    return len(scene.storage.directory.read(lambda rows: rows.instance_mappings.of_project("p")))


def test_as_many_are_made_as_there_is_room_for_or_none(scene: Scene) -> None:
    scene.host("a")
    scene.quotas = Quotas(instances=3)
    assert len(scene.create(2)) == 2
    with pytest.raises(ServersOverQuota) as refused:
        scene.create(2)
    assert str(refused.value) == (
        "Quota exceeded for instances: Requested 2, but already used 2 of 3 instances"
    )
    assert len(scene.create(5, least=1)) == 1
    assert many(scene) == mapped(scene) == 3


def test_what_is_gone_is_used_no_more_and_what_is_in_error_is(scene: Scene) -> None:
    scene.quotas = Quotas(cores=1)
    (made,) = scene.create()
    assert made.vm_state == "error"
    with pytest.raises(ServersOverQuota):
        scene.create()
    scene.delete(made.uuid)
    scene.create()


def test_metadata_have_a_quota_when_a_server_is_made(scene: Scene) -> None:
    scene.quotas = Quotas(metadata_items=1)
    scene.create(1, WISH._replace(metadata={"a": "1"}))
    with pytest.raises(MetadataTooMany, match="Maximum number of metadata items exceeds 1"):
        scene.create(1, WISH._replace(metadata={"a": "1", "b": "2"}))
    assert many(scene) == mapped(scene) == 1


def test_eight_at_once_do_not_get_more_than_one_after_another(scene: Scene) -> None:
    scene.host("a", memory_mb=65536)
    scene.quotas = Quotas(ram=5 * FLAVOR.memory_mb)
    barrier, refused = Barrier(8), []

    def make() -> None:
        barrier.wait(timeout=30)
        try:
            scene.create(2)
        except ServersOverQuota as error:
            refused.append(error)

    threads = [Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert (many(scene), len(refused)) == (4, 6)
    assert mapped(scene) == 4  # the refused ones are forgotten, also who passed the first look
