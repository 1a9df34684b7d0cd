"""PUT /os-hosts/{host}: what everybody sees of the host and its servers in the next answer."""

from json import loads
from pathlib import Path

import pytest
from tests.api.servers import LATEST, MEMBER, ServerWorld
from tests.api.serving import server
from tests.api.test_host_status import ALL, OWNER, SILENT, UNKNOWN_ONLY, statuses, world_with
from tests.api.test_hosts_update import put, service
from tests.api.test_server_update import rows
from tests.api.world import ADMIN, NOW, World, open_world

from hostdown.api.app import ApiSettings
from hostdown.domain.assignment import Failure
from hostdown.domain.server_status import Precedence

STATES = ("status", "OS-EXT-STS:vm_state", "OS-EXT-STS:power_state", "OS-EXT-STS:task_state")
SAID_OFF = ("SHUTOFF", "stopped", 4, None)


def reported(world: World, down: bool) -> None:
    assert put(world, {"host_down_reported": down}).json == {
        "host": "a",
        "host_down_reported": down,
    }


def states(world: ServerWorld, uuid: str) -> tuple[object, ...]:
    shown = world.ask("GET", f"/v2.1/servers/{uuid}", LATEST).json["server"]
    return tuple(shown[key] for key in STATES)


def actions(world: ServerWorld, uuid: str, token: str = ADMIN) -> list[str]:
    """Newest first."""
    path = f"/v2.1/servers/{uuid}/os-instance-actions"
    found = world.ask("GET", path, LATEST, token=token).json["instanceActions"]
    return [each["action"] for each in found]


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
    for uuid in servers.values():
        assert actions(world, uuid).count("hostDownReported") == 1
    reported(world, down=True)
    for uuid in servers.values():
        assert actions(world, uuid).count("hostDownReported") == 1

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


ASKED = ("status", "maintenance_mode", "host_down_reported")


def ask_for(world: World, disabled: bool, maintained: bool, down: bool) -> None:
    words = {True: "disable", False: "enable"}, {True: "enable", False: "disable"}
    change = dict(zip(ASKED, (words[0][disabled], words[1][maintained], down), strict=True))
    assert put(world, change).status_code == 200


@pytest.mark.parametrize("precedence", Precedence)
def test_host_status_in_every_overlap_of_disabled_maintained_down_and_silent(
    precedence: Precedence,
) -> None:
    first = "DOWN" if precedence is Precedence.NOVA else "MAINTENANCE"
    with open_world(ApiSettings(host_status_precedence=precedence)) as world:
        world.service("a")
        server(world, host="a")
        for silent in (False, True):
            world.clock.at += SILENT * silent
            for disabled, maintained in (
                (False, False),
                (True, False),
                (False, True),
                (True, True),
            ):
                out = disabled or maintained
                ask_for(world, disabled, maintained, down=True)
                assert statuses(world) == [first if out else "DOWN"] * 3
                ask_for(world, disabled, maintained, down=False)
                up = "UNKNOWN" if silent else "UP"
                assert statuses(world) == ["MAINTENANCE" if out else up] * 3


@pytest.mark.parametrize(
    ("rules", "seen"),
    [
        ("", [None] * 4),
        (f'"{ALL}": {OWNER}', ["DOWN", "MAINTENANCE", "DOWN", "UNKNOWN"]),
        (f'"{UNKNOWN_ONLY}": {OWNER}', [None, None, None, "UNKNOWN"]),
    ],
)
def test_owners_learn_of_a_report_what_the_policy_lets_them(
    tmp_path: Path, rules: str, seen: list[str | None]
) -> None:
    with world_with(tmp_path, rules) as world:
        world.service("a")
        server(world, host="a")
        found = []
        for maintained, down in ((False, True), (True, False), (True, True), (False, False)):
            ask_for(world, disabled=False, maintained=maintained, down=down)
            if not maintained and not down:
                world.clock.at += SILENT
            found += statuses(world, token=MEMBER)
        assert found == [word for word in seen for _ in range(3)]
