"""Every change of a server leaves what is to be told of it, in its own transaction."""

import json
from collections.abc import Mapping

import pytest
from sqlalchemy import select
from tests.contracts.databases import run
from tests.servers.scene import WISH, Scene

from hostdown.domain.assignment import Failure, PowerState
from hostdown.domain.instance import VmState
from hostdown.domain.server_actions import REBOOT_HARD, STOP
from hostdown.services import instance_journal, server_changes, server_edits
from hostdown.storage import DatabaseSettings
from hostdown.storage.cell_tables import changes, outbox

NO_ROOM = Failure("disk-full", "The pool has no room left.")


def payloads(settings: DatabaseSettings) -> list[tuple[str, Mapping[str, object]]]:
    rows = run(settings.cell_url, select(outbox.c.event_type, outbox.c.payload).order_by("id"))
    return [(str(name), json.loads(str(payload))) for name, payload in rows]


def told(settings: DatabaseSettings) -> list[tuple[str, object, object, object]]:
    """Each event with the states after it, and how it was before."""
    found = []
    for name, data in payloads(settings):
        if name.startswith(("instance.", "compute_task.")):
            update = data.get("state_update", {"old_task_state": data["task_state"]})
            assert isinstance(update, dict)
            found.append((name, update["old_task_state"], data["task_state"], data["state"]))
    return found


def kept(settings: DatabaseSettings) -> list[tuple[object, ...]]:
    columns = (changes.c.event_type, changes.c.user_id, changes.c.before, changes.c.after)
    return run(
        settings.cell_url,
        select(*columns).where(changes.c.instance_uuid.is_not(None)).order_by(changes.c.id),
    )


def test_a_life_is_told_step_by_step(scene: Scene, settings: DatabaseSettings) -> None:
    scene.host("a")
    made = scene.running()
    scene.say("a", made.uuid)  # again: nothing changes
    scene.act(made.uuid, STOP)
    scene.say("a", made.uuid, PowerState.SHUTDOWN)
    server_changes.lock(scene.cell, made.uuid, None, scene.asker())
    server_changes.unlock(scene.cell, made.uuid, scene.asker())
    scene.act(made.uuid, REBOOT_HARD)
    scene.say("a", made.uuid, PowerState.SHUTDOWN, failure=NO_ROOM)
    server_changes.reset_state(scene.cell, made.uuid, VmState.ERROR, scene.asker(admin=True))
    scene.delete(made.uuid)
    scene.gone("a", made.uuid)
    assert told(settings) == [
        ("instance.create.start", "scheduling", "spawning", "building"),
        ("instance.create.end", "spawning", None, "active"),
        ("instance.power_off.start", None, "powering-off", "active"),
        ("instance.power_off.end", "powering-off", None, "stopped"),
        ("instance.lock", None, None, "stopped"),
        ("instance.unlock", None, None, "stopped"),
        ("instance.reboot.start", None, "rebooting_hard", "stopped"),
        ("instance.reboot.error", "rebooting_hard", None, "stopped"),
        ("instance.update", None, None, "error"),
        ("instance.delete.start", None, "deleting", "error"),
        ("instance.shutdown.start", "deleting", "deleting", "error"),
        ("instance.shutdown.end", "deleting", "deleting", "error"),
        ("instance.delete.end", "deleting", None, "deleted"),
    ]
    _, data = payloads(settings)[7]
    fault = {"code": 500, "message": NO_ROOM.message, "details": "disk-full"}
    assert data["fault"] == {**fault, "created_at": "2026-03-01T12:00:00Z"}
    assert data["instance_name"] == "instance-00000001"


def test_who_changed_what_is_kept_of_people_alone(scene: Scene, settings: DatabaseSettings) -> None:
    scene.host("a")
    made = scene.running()
    scene.act(made.uuid, STOP)
    scene.say("a", made.uuid, PowerState.SHUTDOWN)
    server_changes.reset_state(scene.cell, made.uuid, VmState.ERROR, scene.asker(admin=True))
    assert [(name, user, json.loads(str(was)), json.loads(str(is_)))
            for name, user, was, is_ in kept(settings)] == [
        ("instance.power_off.start", "u",
         {"task_state": None, "wanted": "running"},
         {"task_state": "powering-off", "wanted": "stopped"}),
        ("instance.update", "a", {"vm_state": "stopped"}, {"vm_state": "error"}),
    ]  # fmt: skip
    rows = run(settings.cell_url, select(changes.c.request_id, changes.c.at))
    told_of = run(settings.cell_url, select(outbox.c.request_id))
    assert all(str(request).startswith("req-") for request, _ in rows)
    assert [request for (request,) in told_of].count("-") == 2  # what the host said by itself


def test_a_server_without_a_host_is_told_of_too(scene: Scene, settings: DatabaseSettings) -> None:
    (made,) = scene.create()
    ((name, data),) = payloads(settings)
    assert name == "compute_task.build_instances.error"
    assert (data["uuid"], data["state"], data["host"]) == (made.uuid, "error", None)
    scene.delete(made.uuid)
    assert told(settings)[1:] == [("instance.delete.end", None, None, "deleted")]


def test_what_changes_nothing_tells_nothing(scene: Scene, settings: DatabaseSettings) -> None:
    scene.host("a")
    made = scene.running()
    before = len(payloads(settings))
    server_edits.edit(scene.cell, made.uuid, lambda seen: seen, scene.caller(), scene.now)
    server_changes.unlock(scene.cell, made.uuid, scene.asker())
    scene.say("a", made.uuid)
    scene.tell("a", scene.said(made.uuid, order=99))
    assert len(payloads(settings)) == before
    assert kept(settings) == []


def test_a_server_that_stops_by_itself_is_told_of(scene: Scene, settings: DatabaseSettings) -> None:
    scene.host("a")
    made = scene.running()
    scene.say("a", made.uuid, PowerState.CRASHED)
    assert told(settings)[-1] == ("instance.update", None, None, "stopped")


def test_a_change_that_cannot_be_told_is_not_made(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, settings: DatabaseSettings
) -> None:
    scene.host("a")
    made = scene.running()

    def broken(*_: object) -> None:
        raise LookupError("after the change")

    monkeypatch.setattr(instance_journal, "changed", broken)
    monkeypatch.setattr(instance_journal, "created", broken)
    for change in (
        lambda: scene.act(made.uuid, STOP),
        lambda: scene.delete(made.uuid),
        lambda: scene.say("a", made.uuid, PowerState.CRASHED),
        lambda: scene.create(1, WISH),
    ):
        with pytest.raises(LookupError):
            change()
    assert scene.get(made.uuid) == made
    assert len(scene.storage.cells.all()[0].read(lambda rows: rows.instances.used())) == 1
