"""Two machines with one identity: what was proven by the newer one is void (NEVER-TWICE D4, F5)."""

import pytest
from tests.servers.moving import DEAD, MovingScene, on_a
from tests.servers.scene import ADMIN

from hostdown.domain import server_actions
from hostdown.domain.assignment import Wanted
from hostdown.domain.errors import HostForked
from hostdown.domain.instance import INCOMING, RUN, VmState
from hostdown.domain.migration import Status
from hostdown.domain.model import HostRecord
from hostdown.services import doubts
from hostdown.services.releases import Silent


def fork(scene: MovingScene, record: HostRecord, boot: int = 1) -> None:
    caller = scene.caller(ADMIN)
    scene.cell.write(lambda rows: doubts.fork(rows, record, boot, caller, scene.now))


def ends(scene: MovingScene, uuid: str) -> list[str]:
    """How each permit ended, or what it is."""
    return [each.ended.kind if each.ended else each.state for each in scene.permits(uuid)]


def granted_to_b(scene: MovingScene, uuid: str) -> None:
    """By the proof that the boot of a is; b has not claimed it."""
    scene.later(DEAD, "b")
    scene.silent = Silent.PROOF
    scene.configured()
    scene.evacuate(uuid)
    scene.boot("a")
    assert scene.assigned("a") == ()
    scene.later(3, "b", "a")
    scene.move()
    assert ends(scene, uuid) == ["proof", "granted"]


def test_a_boot_of_a_forked_host_proves_nothing(moving: MovingScene) -> None:
    server = on_a(moving)
    fork(moving, moving.boot("a"))
    with pytest.raises(HostForked, match="Host 'a' is held"):
        moving.assigned("a")
    assert ends(moving, server.uuid) == ["claimed"]
    assert moving.cell.read(lambda rows: rows.proofs.covering(moving.record("a").id, 1)) == []


def test_what_the_newer_boot_was_granted_is_asked_back(moving: MovingScene) -> None:
    server = on_a(moving)
    record = moving.boot("a")
    (before,) = moving.assigned("a")
    fork(moving, record)
    assert ends(moving, server.uuid) == ["void", "granted"]
    (after,) = moving.assigned("a")
    assert (before.wanted, after.wanted) == (Wanted.STOPPED, Wanted.ELSEWHERE)


def test_it_is_told_of_once_with_what_is_void(moving: MovingScene) -> None:
    server = on_a(moving)
    record = moving.boot("a")
    moving.assigned("a")
    fork(moving, record)
    moving.later(60)
    fork(moving, record, boot=2)
    history = moving.cell.read(lambda rows: rows.journal.history("a", 10))
    told = [each.after for each in history if each.event_type == "host.forked"]
    assert told == [{"identity": "forked", "heard_boot": 1, "void_proofs": [1]}]
    assert ends(moving, server.uuid) == ["void", "granted"]


def test_an_older_proof_stands(moving: MovingScene) -> None:
    """The host booted, as it said; its copy was the boot after that."""
    server = on_a(moving)
    moving.boot("a")
    moving.assigned("a")
    record = moving.boot("a")
    moving.assigned("a")
    fork(moving, record, boot=2)
    assert ends(moving, server.uuid) == ["proof", "void", "granted"]


def test_what_nobody_was_granted_is_open_again(moving: MovingScene) -> None:
    """The move had no host yet."""
    server = on_a(moving)
    moving.later(DEAD, "b")
    moving.silent = Silent.PROOF
    moving.configured()
    moving.evacuate(server.uuid)
    record = moving.boot("a")
    moving.assigned("a")
    assert ends(moving, server.uuid) == ["proof"]
    moving.later(1, "b")
    fork(moving, record)
    assert ends(moving, server.uuid) == ["claimed"]
    moving.later(3, "b")
    moving.move()
    move = moving.migration(server.uuid)
    assert (move.status, ends(moving, server.uuid)) == (Status.ERROR, ["claimed"])
    assert "Two machines have the identity of host a" in str(move.reason)
    assert moving.get(server.uuid).vm_state == VmState.ACTIVE


def test_another_host_gives_up_what_it_was_granted_and_the_move_ends(moving: MovingScene) -> None:
    server = on_a(moving)
    granted_to_b(moving, server.uuid)
    fork(moving, moving.record("a"))
    (asked,) = moving.assigned("b")
    assert asked.wanted is Wanted.ELSEWHERE
    moving.gone("b", server.uuid, claimed=False)
    assert ends(moving, server.uuid) == ["claimed", "surrender"]
    moving.later(3, "b")
    moving.move()
    assert moving.migration(server.uuid).status is Status.FAILED
    assert [each.host for each in moving.open(server.uuid)] == ["a"]


def test_another_host_that_boots_before_it_claims_gets_nothing(moving: MovingScene) -> None:
    server = on_a(moving)
    granted_to_b(moving, server.uuid)
    fork(moving, moving.record("a"))
    moving.boot("b")
    assert moving.assigned("b") == ()
    assert ends(moving, server.uuid) == ["claimed", "proof"]


def test_what_was_claimed_meanwhile_is_for_the_lease_to_decide(
    moving: MovingScene, caplog: pytest.LogCaptureFixture
) -> None:
    server = on_a(moving)
    granted_to_b(moving, server.uuid)
    moving.say("b", server.uuid)
    fork(moving, moving.record("a"))
    assert ends(moving, server.uuid) == ["void", "claimed"]
    assert "was claimed over a host that lives: its lease decides" in caplog.text
    assert moving.assigned("b")[0].wanted is Wanted.RUNNING


def test_a_guest_that_was_sent_to_the_host_may_be_there(moving: MovingScene) -> None:
    """The boot of b ended the permit by which it waited; then a says that it has sent the guest."""
    server = on_a(moving)
    (mine,) = moving.permits(server.uuid)
    there = moving.record("b")
    waits = mine._replace(generation=2, host_id=there.id, host="b", kind=INCOMING, state="granted")
    moving.cell.write(lambda rows: rows.permits.add(waits))
    record = moving.boot("b")
    moving.assigned("b")
    fork(moving, record)
    assert ends(moving, server.uuid) == ["claimed", "void"]
    moving.gone("a", server.uuid, generation=1)
    assert ends(moving, server.uuid) == ["surrender", "granted"]
    (held,) = moving.open(server.uuid)
    assert (held.host, held.kind) == ("b", RUN)


def test_a_word_of_after_it_ends_both_boots_one_after_the_other(moving: MovingScene) -> None:
    server = on_a(moving)
    record = moving.boot("a")
    moving.assigned("a")
    fork(moving, record)
    moving.later(DEAD, "b")
    moving.force("a", down=True)
    moving.evacuate(server.uuid)
    moving.move()
    assert ends(moving, server.uuid) == ["word", "word", "granted"]
    (assigned,) = moving.assigned("b")
    assert [holder.generation for holder in assigned.over] == [1, 2]


def test_a_forked_host_gets_no_server(moving: MovingScene) -> None:
    record = moving.record("a")
    after = record._replace(forked_at=moving.now)
    assert moving.storage.directory.write(lambda rows: rows.hosts.replace(record, after))
    (made,) = moving.create()
    assert made.host == "b"


def test_a_server_that_is_deleted_meanwhile_is_open_nowhere(moving: MovingScene) -> None:
    server = on_a(moving)
    record = moving.boot("a")
    moving.assigned("a")
    moving.act(server.uuid, server_actions.START)
    moving.delete(server.uuid)
    moving.gone("a", server.uuid, claimed=False)
    fork(moving, record)
    assert ends(moving, server.uuid) == ["void", "surrender"]
