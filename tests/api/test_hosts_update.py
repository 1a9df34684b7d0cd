"""PUT /os-hosts/{host}: the blueprint's request in both forms, and what everybody sees then."""

from json import loads

import pytest
from falcon.testing import Result
from tests.api.asking import listed, told
from tests.api.servers import LATEST, MEMBER, ServerWorld
from tests.api.test_server_update import rows
from tests.api.world import ADMIN, NOW, PROJECT, READER, World

from hostdown.domain.assignment import Failure

HOST = "65c5d5b7e3bd44308e67fc50f362aee6"
EVERY_SPELLING = ("enable", "Enable", "ENABLE", "disable", "Disable", "DISABLE")
STATES = ("status", "OS-EXT-STS:vm_state", "OS-EXT-STS:power_state", "OS-EXT-STS:task_state")
SAID_OFF = ("SHUTOFF", "stopped", 4, None)


def put(world: World, body: object, version: str = "2.42", host: str = "a", **more: str) -> Result:
    return world.ask("PUT", f"/v2.1/os-hosts/{host}", version, body, **more)


def reported(world: World, down: bool) -> None:
    assert put(world, {"host_down_reported": down}).json == {
        "host": "a",
        "host_down_reported": down,
    }


def service(world: World) -> tuple[object, ...]:
    (found,) = listed(world, "?host=a")
    keys = ("status", "disabled_reason", "state", "forced_down")
    return tuple(found[key] for key in keys)


def states(world: ServerWorld, uuid: str) -> tuple[object, ...]:
    shown = world.ask("GET", f"/v2.1/servers/{uuid}", LATEST).json["server"]
    return tuple(shown[key] for key in STATES)


def actions(world: ServerWorld, uuid: str, token: str = ADMIN) -> list[str]:
    """Newest first."""
    path = f"/v2.1/servers/{uuid}/os-instance-actions"
    found = world.ask("GET", path, LATEST, token=token).json["instanceActions"]
    return [each["action"] for each in found]


# ----------------------------------------------------------------------------------------- forms


def test_the_blueprints_example_is_answered_as_it_is_printed(world: World) -> None:
    world.service(HOST)
    change = {"status": "enable", "maintenance_mode": "enable", "host_down_reported": "true"}
    for path in (f"/v2.1/os-hosts/{HOST}", f"/v2.1/{PROJECT}/os-hosts/{HOST}"):
        assert world.ask("PUT", path, "2.1", {"host": change}).json == {
            "host": {
                "host": HOST,
                "maintenance_mode": "enabled",
                "status": "enabled",
                "host_down_reported": "true",
            }
        }


def test_novas_sample_is_answered_as_it_is_printed(world: World) -> None:
    world.service(HOST)
    answer = put(world, {"status": "enable", "maintenance_mode": "disable"}, "2.1", HOST)
    assert answer.json == {
        "host": HOST,
        "maintenance_mode": "off_maintenance",
        "status": "enabled",
    }


@pytest.mark.parametrize("word", EVERY_SPELLING)
def test_switches_are_spelt_in_three_ways_and_answered_in_the_form_of_the_question(
    world: World, word: str
) -> None:
    world.service("a")
    on = word.lower() == "enable"
    change = {"status": word, "maintenance_mode": word}
    status = "enabled" if on else "disabled"
    assert put(world, change).json == {
        "host": "a",
        "status": status,
        "maintenance_mode": "on_maintenance" if on else "off_maintenance",
    }
    wrapped = {"host": "a", "status": status, "maintenance_mode": status}
    assert put(world, {"host": change}).json == {"host": wrapped}
    for name, value in change.items():
        assert list(put(world, {name: value}).json) == ["host", name]


@pytest.mark.parametrize(
    ("asked", "down", "answered"),
    [
        (True, True, True),
        (False, False, False),
        ("true", True, "true"),
        ("false", False, "false"),
        ("True", True, "true"),
        ("0", False, "false"),
    ],
)
def test_down_is_a_boolean_or_the_text_of_one(
    world: World, asked: object, down: bool, answered: object
) -> None:
    world.service("a")
    answer = {"host": "a", "host_down_reported": answered}
    assert put(world, {"host_down_reported": asked}).json == answer
    assert service(world)[3] is down
    assert put(world, {"host": {"host_down_reported": asked}}).json == {"host": answer}


NEITHER = "is not valid under any of the given schemas"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "None is not of type 'object'"),
        (b"[]", "[] is not of type 'object'"),
        (b"{", "Malformed request body"),
        ({}, f"{{}} {NEITHER}"),
        ({"reported": True}, f"{{'reported': True}} {NEITHER}"),
        ({"host": {}}, f"Invalid input for field/attribute host. Value: {{}}. {{}} {NEITHER}"),
        (
            {"host": "a"},
            "Invalid input for field/attribute host. Value: a. 'a' is not of type 'object'",
        ),
        (
            {"host": None},
            "Invalid input for field/attribute host. Value: None. None is not of type 'object'",
        ),
        (
            {"status": "enable", "more": 1},
            "Additional properties are not allowed ('more' was unexpected)",
        ),
        (
            {"host": {"status": "enable", "host": "a"}},
            "Invalid input for field/attribute host. Value: {'status': 'enable', 'host': 'a'}. "
            "Additional properties are not allowed ('host' was unexpected)",
        ),
        (
            {"host": {"status": "enable"}, "status": "enable"},
            "Additional properties are not allowed ('status' was unexpected)",
        ),
        (
            {"status": "enabled"},
            "Invalid input for field/attribute status. Value: enabled. 'enabled' is not one of "
            "['enable', 'disable', 'Enable', 'Disable', 'ENABLE', 'DISABLE']",
        ),
        (
            {"host": {"maintenance_mode": True}},
            "Invalid input for field/attribute maintenance_mode. Value: True. "
            "True is not of type 'string'",
        ),
        (
            {"host_down_reported": None},
            "Invalid input for field/attribute host_down_reported. Value: None. "
            "None is not of type 'boolean', 'string'",
        ),
        (
            {"host": {"host_down_reported": 1}},
            "Invalid input for field/attribute host_down_reported. Value: 1. "
            "1 is not of type 'boolean', 'string'",
        ),
    ],
)
def test_a_wrong_body_is_400_and_changes_nothing(world: World, body: object, message: str) -> None:
    made = world.service("a")
    assert told(put(world, body)) == (400, message)
    assert world.current(made) == made


def test_what_is_no_word_for_a_boolean_is_told_the_words(world: World) -> None:
    status, message = told(put(world, {"host_down_reported": "down"}))
    assert status == 400
    assert message.startswith(
        "Invalid input for field/attribute host_down_reported. Value: down. 'down' is not one of "
        "[True, 'True', 'TRUE', 'true',"
    )


def test_a_host_that_is_not_there_is_404(world: World) -> None:
    world.service("ctl", "nova-scheduler")
    for name in ("nowhere", "ctl"):
        message = f"Host '{name}' is not mapped to any cell"
        for body in ({"host_down_reported": True}, {"host": {"status": "disable"}}):
            assert told(put(world, body, host=name)) == (404, message)


def test_only_administrators_may_whatever_they_ask_of_whichever_host(world: World) -> None:
    made = world.service("a")
    message = "Policy doesn't allow os_compute_api:os-hosts:update to be performed."
    for token in (READER, MEMBER):
        for host in ("a", "nowhere"):
            for body in ({"host_down_reported": True}, {"host": {"status": "disable"}}):
                assert told(put(world, body, host=host, token=token)) == (403, message)
    assert world.current(made) == made


@pytest.mark.parametrize("version", ["2.43", "2.104"])
def test_it_is_gone_from_2_43_on(world: World, version: str) -> None:
    made = world.service("a")
    answer = put(world, {"host_down_reported": True}, version)
    assert told(answer) == (404, "The resource could not be found.")
    assert world.current(made) == made


def test_below_v2_what_is_unknown_is_left_out(world: World) -> None:
    world.service("a")
    body = {"host": {"host_down_reported": "true", "more": 1}, "more": 1}
    answer = world.ask("PUT", "/v2/os-hosts/a", None, body)
    assert answer.json == {"host": {"host": "a", "host_down_reported": "true"}}


# --------------------------------------------------------------------------------------- effects


def test_every_state_before_and_after_set_and_taken_back(server_world: ServerWorld) -> None:
    world = server_world
    world.add_host("a")
    servers = {"error": str(world.create().json["server"]["id"])}
    world.obey("a", Failure("disk-full", "no disk"))
    servers |= {name: world.running() for name in ("active", "paused", "suspended", "stopped")}
    for name, action in (("paused", "pause"), ("suspended", "suspend"), ("stopped", "os-stop")):
        world.act(servers[name], action)
        world.obey("a")
    servers["stopping"] = world.running()
    world.act(servers["stopping"], "os-stop")
    servers["building"] = str(world.create().json["server"]["id"])
    before = {
        "active": ("ACTIVE", "active", 1, None),
        "paused": ("PAUSED", "paused", 3, None),
        "suspended": ("SUSPENDED", "suspended", 7, None),
        "stopped": SAID_OFF,
        "error": ("ERROR", "error", 4, None),
        "stopping": ("ACTIVE", "active", 1, "powering-off"),
        "building": ("BUILD", "building", 0, "spawning"),
    }
    assert {name: states(world, uuid) for name, uuid in servers.items()} == before

    reported(world, down=True)
    ran = ("active", "paused", "suspended", "stopping")
    down = before | dict.fromkeys(ran, SAID_OFF) | {"building": ("ERROR", "error", 0, None)}
    assert {name: states(world, uuid) for name, uuid in servers.items()} == down
    touched = {*ran, "building"}
    for name, uuid in servers.items():
        assert (actions(world, uuid)[0] == "hostDownReported") == (name in touched)

    reported(world, down=False)
    assert {name: states(world, uuid) for name, uuid in servers.items()} == down
    world.obey("a")
    after = before | {"building": ("ACTIVE", "active", 1, None), "stopping": SAID_OFF}
    assert {name: states(world, uuid) for name, uuid in servers.items()} == after


def test_who_reported_it_and_when_is_in_the_servers_history_for_its_owner(
    server_world: ServerWorld,
) -> None:
    world = server_world
    world.add_host("a")
    uuid = world.running(token=MEMBER)
    answer = put(world, {"host_down_reported": True})
    (newest, *_) = world.ask(
        "GET", f"/v2.1/servers/{uuid}/os-instance-actions", LATEST, token=MEMBER
    ).json["instanceActions"]
    assert newest["request_id"] == answer.headers["x-openstack-request-id"]
    assert (newest["action"], newest["user_id"]) == ("hostDownReported", "admin")
    assert newest["start_time"] == "2026-11-20T10:00:00.123456"


def test_a_fault_tells_why_what_was_being_built_is_in_error(server_world: ServerWorld) -> None:
    world = server_world
    world.add_host("a")
    uuid = world.create().json["server"]["id"]
    reported(world, down=True)
    shown = world.ask("GET", f"/v2.1/servers/{uuid}", LATEST).json["server"]
    sentence = "The host was reported down while the server was being built."
    assert (shown["fault"]["code"], shown["fault"]["message"]) == (500, sentence)
    reported(world, down=False)
    world.obey("a")
    shown = world.ask("GET", f"/v2.1/servers/{uuid}", LATEST).json["server"]
    assert (shown["status"], "fault" in shown) == ("ACTIVE", False)


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        ({"status": "disable"}, ("disabled", None, "up", False)),
        ({"maintenance_mode": "enable"}, ("disabled", "maintenance", "up", False)),
        ({"host_down_reported": True}, ("enabled", None, "down", True)),
        (
            {"status": "disable", "host_down_reported": "true"},
            ("disabled", None, "down", True),
        ),
        (
            {"maintenance_mode": "enable", "host_down_reported": True},
            ("disabled", "maintenance", "down", True),
        ),
        (
            {"status": "enable", "maintenance_mode": "enable", "host_down_reported": True},
            ("disabled", "maintenance", "down", True),
        ),
    ],
)
@pytest.mark.parametrize("wrapped", [False, True])
def test_os_services_shows_in_the_next_answer_what_was_asked_alone_or_together(
    world: World, body: dict[str, object], seen: tuple[object, ...], wrapped: bool
) -> None:
    world.service("a")
    undo = {"status": "enable", "maintenance_mode": "disable", "host_down_reported": False}
    for change, expected in ((body, seen), (undo, ("enabled", None, "up", False))):
        assert put(world, {"host": change} if wrapped else change).status_code == 200
        assert service(world) == expected


def test_who_when_and_what_is_kept_and_told_once(world: World) -> None:
    world.service("a")
    body = {"maintenance_mode": "enable", "host_down_reported": "true"}
    request_id = put(world, body).headers["x-openstack-request-id"]
    put(world, body)
    (kept,) = world.cell.read(lambda rows: rows.journal.history("a", 10))
    assert (kept.event_type, kept.at, kept.caller.user_id) == ("service.update", NOW, "admin")
    assert kept.caller.request_id == request_id
    assert kept.before == {
        "disabled": False, "disabled_reason": None, "forced_down": False, "recovery": "active",
    }  # fmt: skip
    assert kept.after == {
        "disabled": True, "disabled_reason": "maintenance", "forced_down": True,
        "recovery": "suspended",
    }  # fmt: skip
    (row,) = rows(world, "SELECT event_type, host, request_id, payload FROM outbox")
    assert row[:3] == ("service.update", "a", request_id)
    assert loads(str(row[3]))["forced_down"] is True
