"""Contract 2.5 and 2.6: what os-services changes, and in which order it refuses."""

from datetime import timedelta
from urllib.parse import quote
from uuid import uuid4

import pytest
from tests.api.asking import HOST_1, current, listed, put, told
from tests.api.world import ADMIN, NOW, READER, World

FORBIDDEN = "Policy doesn't allow os_compute_api:os-services:update to be performed."


@pytest.mark.parametrize(
    ("action", "body", "version", "token", "status", "message"),
    [
        ("nonsense", {}, "2.1", READER, 400, "'host' is a required property"),
        ("nonsense", HOST_1, "2.1", READER, 403, FORBIDDEN),
        ("nonsense", HOST_1, "2.1", ADMIN, 404, "Unknown action"),
        ("force-down", HOST_1, "2.10", ADMIN, 404, "Unknown action"),
        (
            "force-down", {**HOST_1, "forced_down": True}, "2.10", ADMIN, 400,
            "Additional properties are not allowed ('forced_down' was unexpected)",
        ),
        (
            "disable-log-reason", {"host": "x", "binary": "y"}, "2.1", ADMIN, 400,
            "Missing disabled reason field",
        ),
        (
            "force-down", {"host": "x", "binary": "y"}, "2.52", ADMIN, 400,
            "Missing forced_down field",
        ),
        (
            "enable", {"host": "nowhere", "binary": "nova-scheduler"}, "2.1", ADMIN, 400,
            "Updating a nova-scheduler service is not supported. "
            "Only nova-compute services can be updated.",
        ),
        (
            "enable", {"host": "nowhere", "binary": "nova-compute"}, "2.1", ADMIN, 404,
            "Host 'nowhere' is not mapped to any cell",
        ),
        (
            "enable", {"host": "empty", "binary": "nova-compute"}, "2.1", ADMIN, 404,
            "Could not find binary nova-compute on host empty.",
        ),
        ("nonsense", {}, "2.53", READER, 400, "Invalid uuid nonsense"),
    ],
)  # fmt: skip
def test_changes_by_host_refuse_in_the_contracts_order(
    world: World,
    action: str,
    body: dict[str, object],
    version: str,
    token: str,
    status: int,
    message: str,
) -> None:
    gone = world.service("empty")
    world.cell.write(lambda rows: rows.services.delete(gone, NOW))
    assert told(put(world, action, body, version, token)) == (status, message)


def test_disabling_without_a_reason_erases_the_old_one(world: World) -> None:
    service = world.service("host1")
    reason = {**HOST_1, "disabled_reason": "broken fan"}
    answer = put(world, "disable-log-reason", reason)
    assert list(answer.json["service"].items()) == [
        ("host", "host1"),
        ("binary", "nova-compute"),
        ("status", "disabled"),
        ("disabled_reason", "broken fan"),
    ]
    put(world, "disable", reason)
    assert current(world, service)[4:6] == (True, None)
    put(world, "disable-log-reason", reason)
    put(world, "enable", reason)
    assert current(world, service)[4:6] == (False, None)


def test_enabling_and_forcing_down_are_independent(world: World) -> None:
    service = world.service("host1")
    put(world, "force-down", {**HOST_1, "forced_down": "yes"})
    put(world, "disable", HOST_1)
    put(world, "enable", HOST_1)
    assert current(world, service).forced_down
    put(world, "disable", HOST_1)
    answer = put(world, "force-down", {**HOST_1, "forced_down": "off"})
    assert answer.json == {"service": {**HOST_1, "forced_down": False}}
    assert current(world, service).disabled
    assert listed(world)[0]["state"] == "up"


def test_a_change_moves_updated_at_and_a_repetition_does_not(world: World) -> None:
    service = world.service("host1")
    for minutes in (1, 2):
        world.clock.at = NOW + timedelta(minutes=minutes)
        assert put(world, "force-down", {**HOST_1, "forced_down": True}).status_code == 200
    after = current(world, service)
    assert after.updated_at == NOW + timedelta(minutes=1)
    assert after.last_seen_up == NOW
    history = world.cell.read(lambda rows: rows.journal.history("host1", 10))
    assert [change.after for change in history] == [{"forced_down": True}]
    assert history[0].caller.user_id == "admin"
    assert history[0].caller.request_id.startswith("req-")


def test_a_host_of_another_script_is_forced_down_by_uuid_alone(world: World) -> None:
    service = world.service("計算")
    by_name = {"host": "計算", "binary": "nova-compute", "forced_down": True}
    assert put(world, "force-down", by_name).status_code == 400
    assert put(world, service.uuid, {"forced_down": True}, "2.53").status_code == 200
    assert [each["host"] for each in listed(world, f"?host={quote('計算')}")] == ["計算"]


@pytest.mark.parametrize(
    ("where", "body", "token", "status", "message"),
    [
        ("nonsense", {"host": 1}, READER, 400,
         "Additional properties are not allowed ('host' was unexpected)"),
        ("nonsense", {}, READER, 400, "Invalid uuid nonsense"),
        ("unknown", {}, READER, 403, FORBIDDEN),
        ("unknown", {}, ADMIN, 404, "Service {id} could not be found."),
        ("UNKNOWN", {}, ADMIN, 404, "Service {id} could not be found."),
        ("scheduler", {}, ADMIN, 400,
         "Updating a nova-scheduler service is not supported. "
         "Only nova-compute services can be updated."),
        ("compute", {"status": "enabled", "disabled_reason": "x"}, ADMIN, 400,
         "Specifying 'disabled_reason' with status 'enabled' is invalid."),
        ("compute", {}, ADMIN, 400,
         "No updates were requested. Fields 'status' or 'forced_down' should be specified."),
        ("compute", {"disabled_reason": "x"}, ADMIN, 400,
         "No updates were requested. Fields 'status' or 'forced_down' should be specified."),
        ("compute", {"status": "Enabled"}, ADMIN, 400,
         "Invalid input for field/attribute status. Value: Enabled. "
         "'Enabled' is not one of ['enabled', 'disabled']"),
        ("compute", {"host": "host1", "binary": "nova-compute"}, ADMIN, 400,
         "Additional properties are not allowed ('binary', 'host' were unexpected)"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("version", ["2.53", "2.69", "2.104"])
def test_changes_by_uuid_refuse_in_the_contracts_order(
    world: World,
    where: str,
    body: dict[str, object],
    token: str,
    status: int,
    message: str,
    version: str,
) -> None:
    ids = {
        "compute": world.service("host1").uuid,
        "scheduler": world.service("ctl", "nova-scheduler").uuid,
        "unknown": str(uuid4()),
        "UNKNOWN": uuid4().hex.upper(),
        "nonsense": "nonsense",
    }
    answer = put(world, ids[where], body, version, token)
    assert told(answer) == (status, message.format(id=ids[where]))


@pytest.mark.parametrize(
    ("body", "after"),
    [
        ({"status": "disabled"}, (True, None, False)),
        ({"status": "disabled", "disabled_reason": "fan"}, (True, "fan", False)),
        ({"status": "disabled", "disabled_reason": " "}, (True, " ", False)),
        ({"status": "enabled"}, (False, None, False)),
        ({"status": "disabled", "forced_down": True}, (True, None, True)),
        ({"forced_down": "true"}, (True, "old", True)),
        ({"forced_down": True, "disabled_reason": "unused"}, (True, "old", True)),
    ],
)
def test_a_change_by_uuid_answers_the_whole_record_after_it(
    world: World, body: dict[str, object], after: tuple[bool, str | None, bool]
) -> None:
    service = world.service("host1")
    put(world, "disable-log-reason", {**HOST_1, "disabled_reason": "old"})
    answer = put(world, service.uuid, body, "2.53")
    assert answer.status_code == 200
    assert current(world, service)[4:7] == after
    assert answer.json["service"] == listed(world, version="2.53")[0]


def test_a_uuid_is_found_however_it_is_written(world: World) -> None:
    """Edge 54."""
    uuid = world.service("host1").uuid
    for written in (uuid.upper(), uuid.replace("-", ""), uuid.replace("-", "").upper()):
        answer = put(world, written, {"forced_down": True}, "2.53")
        assert answer.json["service"]["id"] == uuid
    assert world.ask("DELETE", f"/v2.1/os-services/{uuid.upper()}", "2.53").status_code == 204
