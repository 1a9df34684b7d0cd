"""A newer boot of a host: what ran there is proven over, and may be run there anew, once."""

from threading import Barrier, Thread

import pytest
from tests.servers.scene import WISH, Scene

from hostdown.domain import server_actions
from hostdown.domain.assignment import Disk, Failure, Holder, PowerState, Wanted
from hostdown.domain.assignment_forms import OVER_MAX
from hostdown.domain.errors import SessionEnded
from hostdown.domain.ha import Resume
from hostdown.domain.instance import PermitState, VmState
from hostdown.services import server_changes
from hostdown.services.assignments import Served


def test_a_newer_boot_is_durable_proof_and_gives_the_next_permit(scene: Scene) -> None:
    host = scene.host("a")
    server = scene.running()
    scene.boot("a")
    (assigned,) = scene.assigned("a")
    first, second = scene.permits(server.uuid)
    ((number, proof),) = scene.cell.read(lambda rows: rows.proofs.covering(host.id, 1))
    assert (proof.kind, proof.scope, proof.boot) == ("reboot", "host", 1)
    assert proof.evidence == {"boot_id": "a boot 2", "session": 2, "boot": 2}
    assert scene.cell.read(lambda rows: rows.proofs.covering(host.id, 2)) == []
    assert first.ended is not None
    assert (first.ended.kind, first.ended.by) == ("proof", str(number))
    assert (second.generation, second.boot, second.state) == (2, 2, PermitState.GRANTED)
    assert (assigned.generation, assigned.boot) == (2, 2)


def test_a_claimed_disk_is_kept_and_taken_from_its_last_holder(scene: Scene) -> None:
    host = scene.host("a")
    server = scene.running()
    scene.boot("a")
    (assigned,) = scene.assigned("a")
    assert (assigned.disk, assigned.data_gen) == (Disk.KEEP, 1)
    assert assigned.over == (Holder(1, host.id, 1),)
    scene.act(server.uuid, server_actions.START)
    scene.say("a", server.uuid)
    scene.boot("a")
    (assigned,) = scene.assigned("a")
    assert (assigned.generation, assigned.data_gen) == (3, 2)
    assert assigned.over == (Holder(2, host.id, 2),)


def test_a_disk_that_nobody_told_of_may_be_anybodys_since_the_last_claim(scene: Scene) -> None:
    host = scene.host("a")
    scene.create()
    for _ in range(2):
        scene.boot("a")
        (assigned,) = scene.assigned("a")
    assert (assigned.generation, assigned.disk, assigned.data_gen) == (3, Disk.CREATE, 0)
    assert assigned.over == (Holder(1, host.id, 1), Holder(2, host.id, 2))


def test_so_many_boots_that_not_all_holders_can_be_named_name_the_first_and_the_newest(
    scene: Scene,
) -> None:
    scene.host("a")
    server = scene.running()
    for _ in range(OVER_MAX + 3):
        scene.boot("a")
        (assigned,) = scene.assigned("a")
    generations = [holder.generation for holder in assigned.over]
    assert generations == [1, *range(5, OVER_MAX + 4)]
    assert len(generations) == OVER_MAX
    assert scene.open(server.uuid)[0].generation == OVER_MAX + 4


def test_servers_that_ran_are_stopped(scene: Scene) -> None:
    scene.host("a")
    active, paused, stopped, suspended = (scene.running() for _ in range(4))
    for server, action, state in (
        (paused, server_actions.PAUSE, PowerState.PAUSED),
        (stopped, server_actions.STOP, PowerState.SHUTDOWN),
        (suspended, server_actions.SUSPEND, PowerState.SUSPENDED),
    ):
        scene.act(server.uuid, action)
        scene.say("a", server.uuid, state)
    scene.boot("a")
    assert len(scene.assigned("a")) == 4
    assert scene.states(active.uuid) == ("stopped", None, "stopped", 2)
    assert scene.states(paused.uuid) == ("stopped", None, "stopped", 3)
    assert scene.states(stopped.uuid) == ("stopped", None, "stopped", 2)
    assert scene.states(suspended.uuid) == ("suspended", None, "suspended", 2)
    assert scene.get(active.uuid).power_state == 4


def test_servers_that_ran_are_started_again_where_guests_are_resumed(scene: Scene) -> None:
    scene.host("a")
    active, paused = scene.running(), scene.running()
    scene.act(paused.uuid, server_actions.PAUSE)
    scene.say("a", paused.uuid, PowerState.PAUSED)
    scene.boot("a")
    assert len(scene.assigned("a", resume=Resume(True))) == 2
    assert scene.states(active.uuid) == ("active", None, "running", 2)
    assert scene.states(paused.uuid) == ("stopped", None, "stopped", 3)
    scene.say("a", active.uuid, PowerState.NOSTATE, failure=Failure("pool-absent", "No pool."))
    assert scene.states(active.uuid) == ("stopped", None, "stopped", 2)


def test_servers_that_would_be_brought_back_are_started_where_hosts_are_recovered(
    scene: Scene,
) -> None:
    scene.host("a")
    plain, kept = scene.running(), scene.running(WISH._replace(metadata={"HA_Enabled": "false"}))
    scene.boot("a")
    scene.assigned("a", resume=Resume(ha_default=True))
    assert scene.states(plain.uuid) == ("active", None, "running", 2)
    assert scene.states(kept.uuid) == ("stopped", None, "stopped", 2)


def test_a_server_in_error_is_not_started_by_a_boot(scene: Scene) -> None:
    """What it was doing was wanted of it before; nobody has asked for it since."""
    scene.host("a")
    server = scene.running()
    asker = scene.asker(admin=True)
    server_changes.reset_state(scene.cell, server.uuid, VmState.ERROR, asker)
    scene.boot("a")
    (assigned,) = scene.assigned("a", resume=Resume(True))
    assert assigned.wanted == Wanted.STOPPED
    assert scene.states(server.uuid) == ("error", None, "stopped", 2)
    assert scene.get(server.uuid).power_state == 4


def test_the_end_of_an_older_permit_that_is_told_late_deletes_nothing(scene: Scene) -> None:
    scene.host("a")
    server = scene.running()
    scene.boot("a")
    scene.fetch("a")
    scene.delete(server.uuid)
    before = scene.get(server.uuid)
    scene.gone("a", server.uuid, generation=1)
    assert scene.get(server.uuid) == before
    assert len(scene.open(server.uuid)) == 1


def test_an_order_under_way_goes_on_by_a_new_number(scene: Scene) -> None:
    """The older boot may have carried it out, noted so, and died before it could tell."""
    scene.host("a")
    (building,), rebooting, going = scene.create(), scene.running(), scene.running()
    scene.act(rebooting.uuid, server_actions.REBOOT_HARD)
    scene.delete(going.uuid)
    scene.boot("a")
    assigned = {each.uuid: each for each in scene.assigned("a")}
    assert scene.states(building.uuid) == ("building", "spawning", "running", 2)
    assert scene.states(rebooting.uuid) == ("active", "rebooting_hard", "running", 3)
    assert assigned[rebooting.uuid].reboot is None  # nothing runs that could be rebooted
    assert scene.states(going.uuid) == ("active", "deleting", "gone", 3)
    assert assigned[going.uuid].wanted == Wanted.GONE
    scene.say("a", building.uuid)
    scene.say("a", rebooting.uuid)
    scene.gone("a", going.uuid)
    for server in (building, rebooting, going):
        assert [each[1] for each in scene.told(server.uuid)] == ["Success"] * len(
            scene.told(server.uuid)
        )


def test_a_server_deleted_while_its_host_was_down_is_ended_by_its_next_boot(scene: Scene) -> None:
    """The outcome of the older boot may be lost with it: the newer one is asked anew."""
    scene.host("a")
    server = scene.running()
    scene.force("a", down=True)
    scene.delete(server.uuid)
    scene.boot("a")
    (assigned,) = scene.assigned("a")
    assert (assigned.wanted, assigned.order, assigned.generation) == (Wanted.GONE, 3, 2)
    scene.gone("a", server.uuid)
    assert scene.open(server.uuid) == []
    assert scene.get(server.uuid).deleted


def test_a_newer_boot_is_not_told_that_nothing_changed(scene: Scene) -> None:
    scene.host("a")
    scene.running()
    known = scene.fetch("a").version
    scene.boot("a")
    served = scene.fetch("a", known)
    assert served.instances is not None
    assert [each.boot for each in served.instances] == [2]


def test_an_agent_of_an_older_boot_that_still_asks_gets_nothing(scene: Scene) -> None:
    """A worker that has not heard of the newer session yet."""
    old = scene.host("a")
    scene.running()
    known = scene.fetch("a").version
    scene.boot("a")
    newest = scene.fetch("a").version
    for version in (0, known, newest):
        with pytest.raises(SessionEnded, match="Session 1 of host 'a' ended when session 2 began"):
            scene.fetch("a", version, record=old)


def test_a_server_placed_by_who_has_not_heard_of_the_boot_is_served_on_it(scene: Scene) -> None:
    old = scene.host("a")
    seen = scene.storage.directory.read(lambda rows: rows.hosts.get(old.id))
    (server,) = scene.create()
    assert seen is not None
    scene.boot("a")
    scene.boot("a")
    (assigned,) = scene.assigned("a")
    assert (assigned.boot, assigned.generation) == (3, 2)
    assert scene.states(server.uuid)[:2] == ("building", "spawning")


def test_two_who_serve_a_newer_boot_at_once_grant_once(scene: Scene) -> None:
    scene.host("a")
    made = [scene.running() for _ in range(5)]
    barrier = Barrier(4)
    answers: list[Served] = []
    for number in range(2, 7):
        record = scene.boot("a")

        def serve(record: object = record) -> None:
            barrier.wait(timeout=30)
            answers.append(scene.fetch("a"))

        threads = [Thread(target=serve) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        for server in made:
            assert [each.generation for each in scene.permits(server.uuid)] == [
                *range(1, number + 1)
            ]
            assert len(scene.open(server.uuid)) == 1
    assert len(answers) == 20
    assert {len(each.instances or ()) for each in answers} == {5}
