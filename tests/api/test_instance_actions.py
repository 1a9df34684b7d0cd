"""What was asked of servers (contract 4.6)."""

from datetime import timedelta
from hashlib import sha224

import pytest
from falcon.testing import Result
from tests.api.asking import told
from tests.api.serving import MEMBER, STRANGER, UNKNOWN_UUID, server
from tests.api.world import ADMIN, NOW, PROJECT, World

from hostdown.services.instance_ports import Action, Event

OLD = ["action", "instance_uuid", "request_id", "user_id", "project_id", "start_time", "message"]
EVENT = ["event", "start_time", "finish_time", "result"]
SECOND = timedelta(seconds=1)


def history(world: World, count: int = 2, **facts: object) -> str:
    """A server of which so many things were asked, each a second after the other."""
    uuid = server(world, **facts).uuid
    for number in range(count):
        at = NOW + number * SECOND
        action = Action(0, uuid, "stop", f"req-{number}", "ann", PROJECT, None, at, at)
        event = Event(number, "compute_stop_instance", "host1", at, None, None, None)
        world.cell.write(lambda rows, a=action, e=event: rows.actions.add(a, e))
    world.cell.write(
        lambda rows: rows.actions.finish(uuid, 0, "Error", "disk full", NOW + 10 * SECOND)
    )
    return uuid


def ask(
    world: World, uuid: str, below: str = "", version: str = "2.104", token: str = ADMIN
) -> Result:
    path = f"/v2.1/servers/{uuid}/os-instance-actions{below}"
    return world.ask("GET", path, version, token=token)


def test_the_newest_comes_first(world: World) -> None:
    uuid = history(world)
    found = ask(world, uuid, version="2.57", token=MEMBER).json["instanceActions"]
    assert [list(each) for each in found] == [OLD, OLD]
    assert [(each["request_id"], each["message"]) for each in found] == [
        ("req-1", None),
        ("req-0", "Error"),
    ]
    assert found[0]["start_time"] == "2026-11-20T10:00:01.123456"
    found = ask(world, uuid, version="2.58").json["instanceActions"]
    assert [each["updated_at"][17:19] for each in found] == ["01", "10"]


@pytest.mark.parametrize(
    ("version", "token", "keys"),
    [
        ("2.1", MEMBER, None),
        ("2.50", MEMBER, None),
        ("2.51", MEMBER, EVENT),
        ("2.62", MEMBER, [*EVENT, "hostId"]),
        ("2.104", MEMBER, [*EVENT, "hostId"]),
        ("2.1", ADMIN, [*EVENT, "traceback"]),
        ("2.62", ADMIN, [*EVENT, "traceback", "host", "hostId"]),
        ("2.84", ADMIN, [*EVENT, "traceback", "host", "hostId", "details"]),
    ],
)
def test_events_are_for_administrators_then_for_all_in_part(
    world: World, version: str, token: str, keys: list[str] | None
) -> None:
    action = ask(world, history(world), "/req-0", version, token).json["instanceAction"]
    assert ("updated_at" in action) == (version in ("2.62", "2.84", "2.104"))
    events = action.get("events")
    assert (None if events is None else list(events[0])) == keys
    if version == "2.84":
        assert events[0] == {
            "event": "compute_stop_instance",
            "start_time": "2026-11-20T10:00:00.123456",
            "finish_time": "2026-11-20T10:00:10.123456",
            "result": "Error",
            "traceback": None,
            "host": "host1",
            "hostId": sha224(f"{PROJECT}host1".encode()).hexdigest(),
            "details": "disk full",
        }


def test_pages_follow_each_other_from_2_58_on(world: World) -> None:
    uuid = history(world, 3)
    seen, below = [], "?limit=2"
    while below:
        page = ask(world, uuid, below).json
        seen.append([each["request_id"] for each in page["instanceActions"]])
        links = page.get("links")
        below = "?" + links[0]["href"].partition("?")[2] if links else ""
    assert seen == [["req-2", "req-1"], ["req-0"]]
    assert ask(world, uuid, "?limit=0").json == {"instanceActions": []}
    since = (NOW + SECOND).isoformat()
    found = ask(world, uuid, f"?changes-since={since}").json["instanceActions"]
    assert [each["request_id"] for each in found] == ["req-2", "req-1", "req-0"]
    found = ask(world, uuid, f"?changes-before={since}").json["instanceActions"]
    assert [each["request_id"] for each in found] == ["req-1"]


@pytest.mark.parametrize(
    ("below", "version", "status", "message"),
    [
        ("?marker=req-9", "2.58", 400, "Marker req-9 could not be found."),
        ("?changes-since=2026-01-02&changes-before=2026-01-01", "2.66", 400,
         "The value of changes-since must be less than or equal to changes-before."),
        ("?a=1", "2.58", 400, "Additional properties are not allowed ('a' was unexpected)"),
        ("/req-9", "2.1", 404, "Action req-9 not found"),
        ("/%00", "2.1", 404, "Action \0 not found"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_told(
    world: World, below: str, version: str, status: int, message: str
) -> None:
    assert told(ask(world, history(world), below, version)) == (status, message)


def test_before_2_58_no_parameter_counts(world: World) -> None:
    found = ask(world, history(world), "?limit=1&marker=x&a=1", "2.57").json
    assert len(found["instanceActions"]) == 2


@pytest.mark.parametrize(("version", "status"), [("2.20", 404), ("2.21", 200)])
def test_actions_of_deleted_servers_are_told_from_2_21_on(
    world: World, version: str, status: int
) -> None:
    uuid = history(world, deleted=True, vm_state="deleted")
    for below in ("", "/req-1"):
        assert ask(world, uuid, below, version, MEMBER).status_code == status


def test_others_servers_have_no_actions(world: World) -> None:
    uuid = history(world)
    for below in ("", "/req-0"):
        assert ask(world, uuid, below, token=STRANGER).status_code == 404
        assert ask(world, UNKNOWN_UUID, below).status_code == 404
        assert ask(world, uuid, below, token=f"x:{PROJECT}:nothing").status_code == 403
