"""PUT /servers/{id} and what it leaves behind (contract 3.8)."""

import json
import sqlite3
from typing import Any

import pytest
from tests.api.asking import told
from tests.api.serving import MEMBER, STRANGER, UNKNOWN_UUID, current, server
from tests.api.test_server_records import ATTR_23, BASE, SHOW_ADMIN
from tests.api.world import ADMIN, PROJECT, World

READER = f"reader:{PROJECT}:reader"
ATTRS = {*ATTR_23.split()}
BASIC = BASE.partition(" OS-EXT-AZ")[0]


def put(
    world: World, uuid: str, body: object, version: str = "2.104", token: str = ADMIN
) -> dict[str, Any]:
    answer = world.ask("PUT", f"/v2.1/servers/{uuid}", version, {"server": body}, token)
    assert answer.status_code == 200, answer.text
    record: dict[str, Any] = answer.json["server"]
    return record


def rows(world: World, text: str) -> list[tuple[object, ...]]:
    path = world.directory_url.removeprefix("sqlite:///")
    with sqlite3.connect(path) as connection:
        found = connection.execute(text).fetchall()
    connection.close()
    return found


@pytest.mark.parametrize(
    ("version", "more"),
    [
        ("2.1", ""),
        ("2.9", "locked"),
        ("2.19", "locked description"),
        ("2.26", "locked description tags"),
        ("2.63", "locked description tags trusted_image_certificates"),
        ("2.71", "locked description tags trusted_image_certificates server_groups"),
        ("2.74", "locked description tags trusted_image_certificates server_groups locked_reason"),
    ],
)
def test_until_2_74_the_answer_has_few_keys(world: World, version: str, more: str) -> None:
    uuid = server(world, host="host1").uuid
    assert list(put(world, uuid, {}, version)) == f"{BASIC} {more}".split()


def test_from_2_75_on_the_answer_is_what_get_shows(world: World) -> None:
    world.service("host1")
    uuid = server(world, host="host1").uuid
    record = put(world, uuid, {})
    assert list(record) == SHOW_ADMIN["2.104"].split()
    assert record == world.ask("GET", f"/v2.1/servers/{uuid}", "2.104").json["server"]
    assert record["host_status"] == "UP"
    assert "host_status" not in put(world, uuid, {}, token=MEMBER)


def test_what_is_given_is_changed_and_nothing_else(world: World) -> None:
    made = server(world, host="host1", description="old", locked_by="admin", task_state="deleting")
    body = {
        "name": "new", "accessIPv4": "192.0.2.9", "accessIPv6": "2001:DB8:0::9",
        "OS-DCF:diskConfig": "AUTO", "description": None, "hostname": "a.example.org",
    }  # fmt: skip
    world.clock.at = world.clock.at.replace(hour=23)
    record = put(world, made.uuid, body, token=MEMBER)
    body["OS-EXT-SRV-ATTR:hostname"] = body.pop("hostname")
    body["accessIPv6"] = "2001:db8::9"
    assert {name: record[name] for name in body} == body
    after = current(world, made.uuid)
    extras = made.extras._replace(
        access_ip_v4="192.0.2.9", access_ip_v6="2001:db8::9", disk_config="AUTO"
    )
    assert after == made._replace(
        name="new", description=None, hostname="a.example.org", extras=extras,
        updated_at=world.clock.at, revision=made.revision + 1,
    )  # fmt: skip
    assert record["updated"] == "2026-11-20T23:00:00Z"


def test_a_change_is_journaled_and_told_with_it_and_a_repetition_is_not(world: World) -> None:
    made = server(world, host="host1")
    for _ in range(2):
        put(world, made.uuid, {"name": "new"})
    put(world, made.uuid, {})
    changes = rows(world, 'SELECT host, instance_uuid, event_type, "before", "after" FROM changes')
    assert changes == [("host1", made.uuid, "instance.update", '{"name":"web"}', '{"name":"new"}')]
    ((host, event_type, payload),) = rows(world, "SELECT host, event_type, payload FROM outbox")
    data = json.loads(str(payload))
    assert (host, event_type) == ("host1", "instance.update")
    wanted = {
        "uuid": made.uuid,
        "display_name": "new",
        "old_display_name": "web",
        "state": "active",
    }
    assert {name: data[name] for name in wanted} == wanted
    assert data["power_state"] == "running"


@pytest.mark.parametrize(
    ("version", "body", "message"),
    [
        ("2.18", {"description": "x"},
         "Invalid input for field/attribute server. Value: {'description': 'x'}. "
         "Additional properties are not allowed ('description' was unexpected)"),
        ("2.89", {"hostname": "ab"},
         "Invalid input for field/attribute server. Value: {'hostname': 'ab'}. "
         "Additional properties are not allowed ('hostname' was unexpected)"),
        ("2.103", {"pinned_availability_zone": None},
         "Invalid input for field/attribute server. Value: {'pinned_availability_zone': None}. "
         "Additional properties are not allowed ('pinned_availability_zone' was unexpected)"),
        ("2.1", {"name": ""}, "Invalid input for field/attribute name. Value: . "
         "'' should be non-empty"),
        ("2.1", {"OS-DCF:diskConfig": "x"},
         "Invalid input for field/attribute OS-DCF:diskConfig. Value: x. "
         "'x' is not one of ['AUTO', 'MANUAL']"),
        ("2.104", {"pinned_availability_zone": ""},
         "Invalid input for field/attribute pinned_availability_zone. Value: . "
         "'' should be non-empty"),
    ],
)  # fmt: skip
def test_a_bad_body_is_refused(world: World, version: str, body: object, message: str) -> None:
    answer = world.ask("PUT", f"/v2.1/servers/{UNKNOWN_UUID}", version, {"server": body})
    assert told(answer) == (400, message)


def test_the_host_name_is_a_label_until_2_93_and_a_domain_name_then(world: World) -> None:
    uuid = server(world).uuid
    for version, status in (("2.93", 400), ("2.94", 200)):
        answer = world.ask(
            "PUT", f"/v2.1/servers/{uuid}", version, {"server": {"hostname": "a.b.c"}}
        )
        assert answer.status_code == status


@pytest.mark.parametrize(
    ("pinned", "asked", "expected"),
    [
        (None, None, None),
        ("nova", None, None),
        ("nova", "nova", "nova"),
        (None, "nova", "nova"),
        ("nova", "other", "Cannot change pinned availability zone directly. Unpin first by setting "
         "pinned_availability_zone to null."),
        (None, "other", "Server can only be pinned to its current availability zone 'nova', but "
         "'other' was requested."),
    ],
)  # fmt: skip
def test_a_server_is_pinned_to_where_it_is(
    world: World, pinned: str | None, asked: str | None, expected: str | None
) -> None:
    uuid = server(world, host="host1", pinned_zone=pinned).uuid
    body = {"server": {"pinned_availability_zone": asked}}
    answer = world.ask("PUT", f"/v2.1/servers/{uuid}", "2.104", body)
    if expected is not None and " " in expected:
        assert told(answer) == (409, expected)
        assert current(world, uuid).pinned_zone == pinned
    else:
        assert answer.json["server"]["pinned_availability_zone"] == expected
        assert current(world, uuid).pinned_zone == expected


@pytest.mark.parametrize(("token", "status"), [(READER, 403), (STRANGER, 404), (MEMBER, 200)])
def test_members_change_the_servers_of_their_project(world: World, token: str, status: int) -> None:
    uuid = server(world).uuid
    answer = world.ask("PUT", f"/v2.1/servers/{uuid}", "2.1", {"server": {}}, token)
    assert answer.status_code == status
    gone = server(world, deleted=True).uuid
    answer = world.ask("PUT", f"/v2.1/servers/{gone}", "2.1", {"server": {}}, token)
    assert answer.status_code == 404
