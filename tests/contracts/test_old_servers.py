"""Deleted servers are forgotten once nobody can have anything of them, on every database."""

import logging

import pytest
from tests.contracts.old_setting import BEFORE, HOST, NOW, OLD, Scene, act, clearing, held, step
from tests.contracts.test_instances import instance
from tests.contracts.test_migrations import put as move
from tests.contracts.test_migrations import replace
from tests.contracts.test_permits import permit
from tests.contracts.test_server_groups import joined
from tests.contracts.test_server_groups import made as group_made

from hostdown.domain.assignment import Had, PowerState
from hostdown.domain.migration import Status
from hostdown.domain.permits import PROOF
from hostdown.services.hearing_ports import Stranger
from hostdown.services.permit_ports import Proof
from hostdown.storage import DatabaseSettings, Storage
from hostdown.storage.cell_tables import instance_action_events, instance_actions, permits
from hostdown.storage.migration_tables import migrations


@pytest.fixture
def scene(store: Storage, settings: DatabaseSettings) -> Scene:
    return Scene(store, settings)


def test_an_old_one_goes_with_all_that_is_its_and_the_others_stay(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    gone, young, live = scene.server(), scene.server(at=BEFORE), scene.server(at=None)
    for uuid in gone, young, live:
        act(scene.cell, uuid, "create", event=step(finished=True))
        seen = move(scene.cell, instance=uuid, status=Status.DONE, created_at=NOW)
        assert replace(scene.cell, seen, deleted=uuid != live)
    with caplog.at_level(logging.INFO):
        scene.turn()
        scene.turn()
    assert scene.left() == [young, live]
    for table in (instance_actions, instance_action_events, migrations, permits):
        assert held(scene.settings, table, "instance_uuid") == [young, live]
    assert [scene.is_mapped(each) for each in (gone, young, live)] == [False, True, True]
    assert [each.getMessage() for each in caplog.records] == [
        f"1 deleted servers of cell {scene.cell.name} were forgotten, after 90 days"
    ]


def test_whoever_grants_meanwhile_waits_and_nobody_does_where_nothing_goes(scene: Scene) -> None:
    def number() -> int:
        return scene.cell.read(lambda rows: rows.ledger.now())[1]

    scene.server()
    scene.server(None)
    scene.turn()
    assert number() == 1
    scene.turn()
    assert number() == 1


def test_one_that_never_had_a_permit_goes(scene: Scene) -> None:
    scene.write(lambda rows: rows.instances.add(instance(deleted=True, deleted_at=OLD)))
    scene.turn()
    assert scene.left() == []


def test_it_leaves_its_group(scene: Scene) -> None:
    uuid = scene.server()
    group = group_made(scene.store.directory)
    joined(scene.store.directory, group, uuid)
    scene.turn()
    found = scene.store.directory.read(lambda rows: rows.server_groups.get(group.uuid))
    assert found is not None
    assert found.members == ()


# -------------------------------------------------------------------------- what keeps one


def test_one_whose_permit_is_not_ended_stays(scene: Scene) -> None:
    uuid = scene.server(None)
    scene.host(deleted=True, anew_at=OLD)
    scene.turn()
    assert scene.left() == [uuid]
    assert scene.is_mapped(uuid)


def test_each_of_its_permits_counts(scene: Scene) -> None:
    uuid = scene.server()
    scene.write(lambda rows: rows.permits.add(permit(uuid, 2, "h2", kind="incoming")))
    scene.turn()
    assert scene.left() == [uuid]


@pytest.mark.parametrize("kind", [PROOF, "word", "found"])
def test_one_whose_host_may_come_back_with_it_stays(scene: Scene, kind: str) -> None:
    uuid = scene.server(kind)
    scene.turn()
    scene.host()
    scene.turn()
    assert scene.left() == [uuid]


@pytest.mark.parametrize("kind", [PROOF, "word", "found"])
def test_one_whose_host_was_started_anew_long_ago_goes(scene: Scene, kind: str) -> None:
    scene.server(kind)
    scene.host(anew_at=OLD)
    scene.turn()
    assert scene.left() == []


def test_one_whose_host_was_started_anew_lately_stays(scene: Scene) -> None:
    uuid = scene.server("word")
    scene.host(anew_at=BEFORE)
    scene.turn()
    assert scene.left() == [uuid]


@pytest.mark.parametrize(("kind", "stays"), [(PROOF, False), ("word", True)])
def test_of_a_host_that_was_done_away_with_a_proof_is_enough_and_a_word_is_not(
    scene: Scene, kind: str, stays: bool
) -> None:
    uuid = scene.server(kind)
    scene.host(deleted=True)
    scene.turn()
    assert scene.left() == ([uuid] if stays else [])


def test_boots_of_a_host_with_a_void_proof_say_nothing(scene: Scene) -> None:
    uuid = scene.server("word")
    scene.host(anew_at=OLD)
    void = Proof(HOST, 3, "host", "reboot", OLD, "h", {}, OLD)
    scene.write(lambda rows: rows.proofs.add(void))
    scene.turn()
    assert scene.left() == [uuid]


def test_one_that_is_still_to_be_cleared_up_stays(scene: Scene) -> None:
    uuid = scene.server()
    scene.write(lambda rows: rows.clearings.add(clearing(uuid)))
    scene.turn()
    assert scene.left() == [uuid]
    scene.write(lambda rows: rows.clearings.remove(clearing(uuid)))
    scene.turn()
    assert scene.left() == []


def test_one_that_was_found_on_a_host_stays(scene: Scene) -> None:
    uuid = scene.server()
    had = Had(uuid, 9, 3, 0, PowerState.RUNNING, True)
    scene.write(lambda rows: rows.strangers.put(Stranger("h2", "b", had, OLD)))
    scene.turn()
    assert scene.left() == [uuid]
    scene.write(lambda rows: rows.strangers.remove("h2", uuid))
    scene.turn()
    assert scene.left() == []


def test_one_that_is_on_its_way_stays(scene: Scene) -> None:
    uuid = scene.server()
    move(scene.cell, instance=uuid)
    scene.turn()
    assert scene.left() == [uuid]


def test_a_server_that_lives_stays_whatever_its_times_say(scene: Scene) -> None:
    live = instance(deleted=False, deleted_at=OLD)
    scene.write(lambda rows: rows.instances.add(live))
    scene.turn()
    assert scene.left() == [live.uuid]
