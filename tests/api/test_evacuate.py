"""POST …/action evacuate and POST /os-services/{id}/evacuate over HTTP (contract 4.2)."""

from datetime import timedelta
from uuid import UUID

import pytest
from falcon.testing import Result
from tests.api.hosting import node
from tests.api.serving import MEMBER, STRANGER, current, server
from tests.api.world import ADMIN, World

from hostdown.domain.migration import Status
from hostdown.services.migration_ports import MigrationQuery

UNKNOWN = str(UUID(int=5))
OLD, LATEST = "2.1", "2.104"
HOUR = timedelta(hours=1)


@pytest.fixture
def dying(world: World) -> World:
    """dead is silent, and other is not."""
    node(world, "dead", HOUR)
    node(world, "other")
    return world


def on_dead(world: World, **facts: object) -> str:
    return server(world, **{"host": "dead", **facts}).uuid


def evacuate(
    world: World, uuid: str, body: object, version: str = LATEST, who: str = ADMIN
) -> Result:
    return world.ask("POST", f"/v2.1/servers/{uuid}/action", version, {"evacuate": body}, who)


def told(answer: Result) -> tuple[int, str]:
    (inside,) = answer.json.values()
    return answer.status_code, inside["message"]


@pytest.mark.parametrize(
    ("version", "body"),
    [
        ("2.1", {"onSharedStorage": False}),
        ("2.13", {"onSharedStorage": "True", "host": "other"}),
        ("2.14", {}),
        ("2.28", {"host": "other", "adminPass": "s"}),
        ("2.29", {"host": "other", "force": True}),
        ("2.67", {"force": "false"}),
        ("2.68", {"host": "other"}),
        ("2.95", {}),
        ("2.104", {"adminPass": "s"}),
    ],
)
def test_each_version_is_accepted_in_its_form(
    dying: World, version: str, body: dict[str, object]
) -> None:
    uuid = on_dead(dying)
    answer = evacuate(dying, uuid, body, version)
    assert answer.status_code == 200, answer.text
    assert current(dying, uuid).task_state == "rebuilding"
    (seen,) = dying.cell.read(lambda rows: rows.migrations.find(MigrationQuery()))
    assert (seen.status, seen.source_host, seen.dest_host) == (
        Status.ACCEPTED,
        "dead",
        body.get("host"),
    )
    forced = "host" in body and (version in ("2.13", "2.28") or body.get("force") is True)
    wanted = "stopped" if version in ("2.95", "2.104") else "running"
    assert (seen.wish.forced, seen.wish.wanted) == (forced, wanted)
    if version > "2.13":
        assert answer.text == ""


@pytest.mark.parametrize(
    ("body", "password"),
    [
        ({"onSharedStorage": False, "adminPass": "s3cret"}, "s3cret"),
        ({"onSharedStorage": True}, None),
    ],
)
def test_until_2_13_the_password_is_answered(
    dying: World, body: object, password: str | None
) -> None:
    assert evacuate(dying, on_dead(dying), body, "2.13").json == {"adminPass": password}


def test_until_2_13_one_is_made_for_a_new_disk(dying: World) -> None:
    answer = evacuate(dying, on_dead(dying), {"onSharedStorage": False}, OLD)
    assert len(answer.json["adminPass"]) == 12


@pytest.mark.parametrize(
    ("version", "body", "status", "message"),
    [
        ("2.1", {}, 400, "'onSharedStorage' is a required property"),
        ("2.14", {"onSharedStorage": True}, 400, "Additional properties are not allowed"),
        ("2.28", {"force": True}, 400, "Additional properties are not allowed"),
        ("2.68", {"force": True}, 400, "Additional properties are not allowed"),
        (LATEST, None, 400, "None is not of type 'object'"),
        (LATEST, [], 400, "[] is not of type 'object'"),
        ("2.29", {"force": True}, 400, "Can't force to a non-provided destination"),
        (
            "2.1",
            {"onSharedStorage": True, "adminPass": "s"},
            400,
            "admin password can't be changed on existing disk",
        ),
        (LATEST, {"host": "nowhere"}, 404, "Compute host nowhere not found."),
        (LATEST, {"host": "dead"}, 400, "The target host can't be the same one."),
    ],
)
def test_what_is_wrong_is_told_in_novas_words(
    dying: World, version: str, body: object, status: int, message: str
) -> None:
    answer = told(evacuate(dying, on_dead(dying), body, version))
    assert answer[0] == status
    assert message in answer[1]


def test_the_checks_come_in_their_order(dying: World) -> None:
    """The state before the host, the host before its life (contract 4.2)."""
    uuid = on_dead(dying, vm_state="paused")
    assert told(evacuate(dying, uuid, {"host": "nowhere"}))[0] == 404
    sentence = f"Cannot 'evacuate' instance {uuid} while it is in vm_state paused"
    assert told(evacuate(dying, uuid, {})) == (409, sentence)
    never = on_dead(dying, launched_at=None)
    sentence = f"Instance {never} is in an invalid state for 'evacuate'"
    assert told(evacuate(dying, never, {})) == (409, sentence)
    alive = server(dying, host="other").uuid
    assert told(evacuate(dying, alive, {})) == (
        400,
        "Compute service of other is still in use.",
    )


def test_a_lock_and_a_task_of_the_dead_host_do_not_matter(dying: World) -> None:
    uuid = on_dead(dying, locked_by="owner", task_state="powering-off")
    assert evacuate(dying, uuid, {}).status_code == 200


def test_the_second_request_is_refused(dying: World) -> None:
    uuid = on_dead(dying)
    assert evacuate(dying, uuid, {}).status_code == 200
    sentence = f"Cannot 'evacuate' instance {uuid} while it is in task_state rebuilding"
    assert told(evacuate(dying, uuid, {"host": "other"})) == (409, sentence)


def test_only_administrators_may(dying: World) -> None:
    uuid = on_dead(dying)
    assert evacuate(dying, uuid, {}, who=MEMBER).status_code == 403
    assert evacuate(dying, uuid, {}, who=STRANGER).status_code == 404
    assert evacuate(dying, UNKNOWN, {}).status_code == 404


# ------------------------------------------------------------------------------------ whole hosts


def whole(world: World, body: object, version: str = LATEST) -> Result:
    services = world.cell.read(lambda rows: rows.services.find("dead"))
    path = f"/v2.1/os-services/{services[0].uuid}/evacuate"
    return world.ask("POST", path, version, body)


def test_a_whole_host_is_one_request(dying: World) -> None:
    first = on_dead(dying, metadata={"HA_Priority": "3"}, name="first")
    paused = on_dead(dying, vm_state="paused")
    answer = whole(dying, {})
    assert answer.status_code == 202
    one, other = answer.json["servers"]
    assert (one["server"], one["name"], one["priority"], one["error"]) == (first, "first", 3, None)
    assert UUID(one["migration"])
    assert (other["server"], other["migration"]) == (paused, None)
    assert "vm_state paused" in other["error"]


def test_a_rehearsal_changes_nothing(dying: World) -> None:
    uuid = on_dead(dying)
    (planned,) = whole(dying, {"dry_run": True, "host": "other"}).json["servers"]
    assert (planned["migration"], planned["error"]) == (None, None)
    assert planned["destination"] == "other"
    assert current(dying, uuid).task_state is None
    assert dying.cell.read(lambda rows: rows.migrations.find(MigrationQuery())) == []


def test_a_rehearsal_says_what_would_be_refused(dying: World) -> None:
    on_dead(dying)
    assert told(whole(dying, {"dry_run": True, "host": "nowhere"}))[0] == 404
    assert told(whole(dying, {"dry_run": True, "host": "dead"}))[0] == 400


def test_it_is_there_from_2_53_on(dying: World) -> None:
    assert whole(dying, {}, "2.52").status_code == 404
    assert whole(dying, {}, "2.53").status_code == 202
    path = f"/v2.1/os-services/{UNKNOWN}/evacuate"
    assert told(dying.ask("POST", path, LATEST, {}))[0] == 404


def test_edges_21_to_23_no_host_is_asked_for_its_version(dying: World) -> None:
    """Nova refuses it where all hosts are forced down, for none of them is new enough then."""
    for host in ("dead", "other"):
        body = {"host": host, "binary": "nova-compute", "forced_down": True}
        assert dying.ask("PUT", "/v2.1/os-services/force-down", "2.11", body).status_code == 200
    assert evacuate(dying, on_dead(dying), {}, "2.95").status_code == 200


def test_edge_35_the_power_state_is_the_last_that_was_heard(dying: World) -> None:
    uuid = on_dead(dying, power_state=1)
    assert evacuate(dying, uuid, {}).status_code == 200
    shown = dying.ask("GET", f"/v2.1/servers/{uuid}", LATEST).json["server"]
    assert (shown["OS-EXT-STS:power_state"], shown["host_status"]) == (1, "UNKNOWN")
