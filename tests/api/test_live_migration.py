"""os-migrateLive, and another end of a live migration, over HTTP (contract 4.5, 4.7)."""

from datetime import timedelta
from uuid import UUID

import pytest
from falcon.testing import Result
from tests.api.hosting import node
from tests.api.moving import LIVE, move
from tests.api.serving import MEMBER, STRANGER, current, server
from tests.api.world import ADMIN, World

from hostdown.domain.instance import RUN, Permit
from hostdown.domain.migration import Migration, MigrationType, Status, Step
from hostdown.services.migration_ports import MigrationQuery

UNKNOWN = str(UUID(int=5))
HOUR = timedelta(hours=1)
OLDEST = {"block_migration": False, "disk_over_commit": False, "host": None}
AUTO = {"block_migration": "auto", "host": None}


@pytest.fixture
def lively(world: World) -> World:
    """here and there are up, dead is not."""
    for host in ("here", "there"):
        node(world, host, pool_id="p", pool_class="locks")
    node(world, "dead", HOUR)
    return world


def on(world: World, host: str = "here", **facts: object) -> str:
    """A server that runs there by a permit."""
    uuid = server(world, **{"host": host, "node": host, **facts}).uuid
    record = world.directory.read(lambda rows: rows.hosts.named(host))
    assert record is not None
    facts_of = (0, uuid, 1, record.id, host, 1, RUN, (), "keep", 1, "claimed", None)
    permit = Permit(*facts_of, world.clock.at)
    world.cell.write(lambda rows: rows.permits.add(permit))
    return uuid


def migrate(world: World, uuid: str, body: object, version: str, who: str = ADMIN) -> Result:
    return world.ask("POST", f"/v2.1/servers/{uuid}/action", version, {"os-migrateLive": body}, who)


def told(answer: Result) -> tuple[int, str]:
    (inside,) = answer.json.values()
    return answer.status_code, inside["message"]


def the_move(world: World) -> Migration:
    (seen,) = world.cell.read(lambda rows: rows.migrations.find(MigrationQuery()))
    return seen


@pytest.mark.parametrize(
    ("version", "body", "forced"),
    [
        ("2.1", OLDEST, False),
        ("2.24", {**OLDEST, "block_migration": "False", "host": "there"}, True),
        ("2.25", AUTO, False),
        ("2.29", {**AUTO, "host": "there"}, True),
        ("2.30", {**AUTO, "host": "there"}, False),
        ("2.30", {**AUTO, "host": "there", "force": "true"}, True),
        ("2.33", {**AUTO, "host": "there", "force": False}, False),
        ("2.34", AUTO, False),
        ("2.67", {**AUTO, "host": "there", "force": True}, True),
        ("2.68", {**AUTO, "host": "there"}, False),
        ("2.104", {**AUTO, "block_migration": False}, False),
    ],
)
def test_each_version_is_accepted_in_its_form(
    lively: World, version: str, body: dict[str, object], forced: bool
) -> None:
    uuid = on(lively)
    answer = migrate(lively, uuid, body, version)
    assert (answer.status_code, answer.text) == (202, "")
    assert current(lively, uuid).task_state == "migrating"
    seen = the_move(lively)
    assert (seen.type, seen.status, seen.step) == (
        MigrationType.LIVE,
        Status.ACCEPTED,
        Step.PLACE,
    )
    assert (seen.source_host, seen.dest_host, seen.wish.forced) == ("here", body["host"], forced)
    path = f"/v2.1/servers/{uuid}/os-instance-actions"
    (action,) = lively.ask("GET", path).json["instanceActions"]
    assert action["action"] == "live-migration"


@pytest.mark.parametrize(
    ("version", "body", "sentence"),
    [
        ("2.1", AUTO, "Invalid input for field/attribute"),
        ("2.1", {**OLDEST, "force": True}, "Additional properties are not allowed"),
        ("2.24", {"block_migration": False, "host": None}, "'disk_over_commit' is a required"),
        ("2.25", OLDEST, "Additional properties are not allowed"),
        ("2.25", {"block_migration": "auto"}, "'host' is a required property"),
        ("2.25", {"block_migration": "perhaps", "host": None}, "Invalid input for field"),
        ("2.29", {**AUTO, "force": True}, "Additional properties are not allowed"),
        ("2.30", {**AUTO, "force": True}, "Can't force to a non-provided destination"),
        ("2.68", {**AUTO, "force": False}, "Additional properties are not allowed"),
        ("2.68", {**AUTO, "host": "a b"}, "Invalid input for field/attribute host"),
        ("2.104", {**AUTO, "host": "nowhere"}, "Compute host nowhere could not be found."),
        ("2.1", {**OLDEST, "host": "nowhere"}, "Compute host nowhere could not be found."),
    ],
)
def test_what_no_version_takes_is_refused(
    lively: World, version: str, body: dict[str, object], sentence: str
) -> None:
    uuid = on(lively)
    status, message = told(migrate(lively, uuid, body, version))
    assert (status, sentence in message) == (400, True), message
    assert current(lively, uuid).task_state is None


@pytest.mark.parametrize(
    ("host", "body", "sentence"),
    [
        ("dead", OLDEST, "Compute service of dead is unavailable at this time."),
        (
            "here",
            {**OLDEST, "host": "dead"},
            "Compute service of dead is unavailable at this time.",
        ),
        ("here", {**OLDEST, "host": "here"}, "to current host (here)."),
        (
            "here",
            {**OLDEST, "block_migration": True},
            "here is not on local storage: Block migration can not be used with shared storage.",
        ),
    ],
)
def test_up_to_2_33_what_keeps_it_from_beginning_is_said_at_once(
    lively: World, host: str, body: dict[str, object], sentence: str
) -> None:
    uuid = on(lively, host)
    status, message = told(migrate(lively, uuid, body, "2.1"))
    assert (status, message.endswith(sentence)) == (400, True), message
    assert lively.cell.read(lambda rows: rows.migrations.open(uuid)) is None
    body = {name: value for name, value in body.items() if name != "disk_over_commit"}
    assert migrate(lively, uuid, body, "2.34").status_code == 202
    assert the_move(lively).open


def test_up_to_2_33_a_local_disk_is_no_shared_one(world: World) -> None:
    node(world, "here", pool_id="p", pool_class="local")
    node(world, "there", pool_id="q", pool_class="local")
    uuid = on(world)
    status, message = told(migrate(world, uuid, OLDEST, "2.24"))
    assert (status, message) == (
        400,
        "here is not on shared storage: Shared storage live-migration requires either shared "
        "storage or boot-from-volume with no local disks.",
    )
    status, message = told(migrate(world, uuid, AUTO, "2.33"))
    assert (status, message.startswith("No valid host was found. ")) == (400, True)


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"vm_state": "stopped"}, "Cannot 'os-migrateLive' instance {} while it is in vm_state "),
        ({"task_state": "pausing"}, "Cannot 'os-migrateLive' instance {} while it is in task_st"),
        ({"launched_at": None}, "Instance {} is in an invalid state for 'os-migrateLive'"),
    ],
)
def test_a_server_that_does_not_run_is_refused(
    lively: World, facts: dict[str, object], sentence: str
) -> None:
    uuid = on(lively, **facts)
    for version, body in (("2.1", OLDEST), ("2.104", AUTO)):
        status, message = told(migrate(lively, uuid, body, version))
        assert (status, message.startswith(sentence.format(uuid))) == (409, True), message


def test_one_at_a_time_and_only_for_those_who_may(lively: World) -> None:
    uuid = on(lively, vm_state="paused")
    assert migrate(lively, UNKNOWN, AUTO, "2.104").status_code == 404
    assert migrate(lively, uuid, AUTO, "2.104", MEMBER).status_code == 403
    assert migrate(lively, uuid, AUTO, "2.104", STRANGER).status_code == 404
    assert migrate(lively, uuid, AUTO, "2.104").status_code == 202
    assert migrate(lively, uuid, AUTO, "2.104").status_code == 409


# ------------------------------------------------------------------------ on its way already


def moving(world: World, status: Status = Status.RUNNING, **facts: object) -> tuple[str, int]:
    uuid = server(world, **{"task_state": "migrating", **facts}).uuid
    return uuid, move(world, instance=uuid, **{**LIVE, "status": status}).id


def abort(world: World, uuid: str, number: object, version: str = "2.104") -> Result:
    return world.ask("DELETE", f"/v2.1/servers/{uuid}/migrations/{number}", version)


def force(
    world: World, uuid: str, number: object, version: str = "2.104", body: object = None
) -> Result:
    path = f"/v2.1/servers/{uuid}/migrations/{number}/action"
    return world.ask("POST", path, version, {"force_complete": body})


def actions(world: World, uuid: str) -> list[str]:
    found = world.ask("GET", f"/v2.1/servers/{uuid}/os-instance-actions").json
    return [each["action"] for each in found["instanceActions"]]


@pytest.mark.parametrize(
    ("version", "status", "code"),
    [
        ("2.23", Status.RUNNING, 405),
        ("2.24", Status.RUNNING, 202),
        ("2.24", Status.PREPARING, 400),
        ("2.64", Status.QUEUED, 400),
        ("2.65", Status.QUEUED, 202),
        ("2.104", Status.PREPARING, 202),
        ("2.104", Status.ACCEPTED, 400),
        ("2.104", Status.POST_MIGRATING, 400),
    ],
)
def test_one_can_be_called_off_as_long_as_it_may(
    lively: World, version: str, status: Status, code: int
) -> None:
    uuid, number = moving(lively, status)
    answer = abort(lively, uuid, number, version)
    if code == 405:  # the path is there, with other methods
        assert answer.status_code in (404, 405)
        return
    assert answer.status_code == code, answer.text
    if code == 202:
        assert (the_move(lively).step, the_move(lively).wish.cancelled) == (Step.BACK, True)
        assert actions(lively, uuid) == ["live_migration_cancel"]
        assert abort(lively, uuid, number, version).status_code == 202
        return
    assert told(answer)[1] == (
        f"Migration {number} state of instance {uuid} is {status.value}. Cannot abort live "
        "migration while the migration is in this state."
    )


def test_one_can_be_forced_to_its_end(lively: World) -> None:
    uuid, number = moving(lively)
    assert force(lively, uuid, number, "2.21").status_code == 404
    assert force(lively, uuid, number, body={}).status_code == 400
    answer = force(lively, uuid, number, "2.22")
    assert (answer.status_code, answer.text) == (202, "")
    assert the_move(lively).wish.hurried
    assert actions(lively, uuid) == ["live_migration_force_complete"]


def test_one_that_does_not_run_cannot_be_forced(lively: World) -> None:
    uuid, number = moving(lively, Status.PREPARING)
    assert told(force(lively, uuid, number)) == (
        400,
        f"Migration {number} state of instance {uuid} is preparing. Cannot force complete while "
        "the migration is in this state.",
    )
    uuid, number = moving(lively, vm_state="paused")
    assert told(force(lively, uuid, number)) == (
        409,
        f"Cannot 'force_complete' instance {uuid} while it is in vm_state paused",
    )


def test_what_is_no_migration_of_the_server_is_not_found(lively: World) -> None:
    uuid, _ = moving(lively)
    other, number = moving(lively)
    for wrong in (number, 10**30, "x"):
        sentence = f"Migration {wrong if wrong != 10**30 else -1} not found for instance {uuid}"
        assert told(abort(lively, uuid, wrong)) == (404, sentence)
        assert told(force(lively, uuid, wrong)) == (400, sentence)
    assert abort(lively, UNKNOWN, number).status_code == 404
    assert force(lively, other, number).status_code == 202


@pytest.mark.parametrize(
    ("ask", "word"), [(abort, "abort live migration"), (force, "force_complete")]
)
def test_a_server_that_does_not_migrate_has_nothing_to_end(
    lively: World, ask: object, word: str
) -> None:
    uuid, number = moving(lively, task_state=None)
    assert told(ask(lively, uuid, number)) == (  # type: ignore[operator] # one of two functions
        409,
        f"Cannot '{word}' instance {uuid} while it is in task_state None",
    )
