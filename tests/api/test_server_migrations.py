"""servers/{id}/migrations (contract 4.7)."""

import json
from pathlib import Path

import pytest
from falcon.testing import Result
from tests.api.asking import told
from tests.api.moving import LIVE, move
from tests.api.serving import MEMBER, STRANGER, UNKNOWN_UUID, server
from tests.api.test_small_lists import MANAGER
from tests.api.world import ADMIN, NOW, PROJECT, World

from hostdown.domain.migration import MigrationType, Status

SAMPLES = Path(__file__).parent / "samples/nova/server-migrations"
BYTES = {f"{what}_{which}_bytes": number for number, (what, which) in enumerate(
    (what, which) for what in ("memory", "disk") for which in ("total", "processed", "remaining")
)}  # fmt: skip
HOSTS = ["dest_compute", "dest_host", "dest_node", "source_compute", "source_node"]
KEYS = [
    "created_at", "dest_compute", "dest_host", "dest_node", "disk_processed_bytes",
    "disk_remaining_bytes", "disk_total_bytes", "id", "memory_processed_bytes",
    "memory_remaining_bytes", "memory_total_bytes", "server_uuid", "source_compute", "source_node",
    "status", "updated_at",
]  # fmt: skip
TO_HOST2 = {"dest_host": "host2", "dest_node": "node2", "dest_ip": "192.0.2.2"}


def ask(
    world: World, uuid: str, below: object = "", version: str = "2.104", token: str = ADMIN
) -> Result:
    return world.ask("GET", f"/v2.1/servers/{uuid}/migrations{below}", version, token=token)


@pytest.mark.parametrize(
    ("version", "more"),
    [
        ("2.23", []), ("2.58", []), ("2.59", ["uuid"]), ("2.79", ["uuid"]),
        ("2.80", ["uuid", "user_id", "project_id"]),
        ("2.104", ["uuid", "user_id", "project_id"]),
    ],
)  # fmt: skip
def test_both_have_the_keys_of_their_version_in_order(
    world: World, version: str, more: list[str]
) -> None:
    uuid = server(world, host="host1").uuid
    one = move(world, instance=uuid, **LIVE)
    (listed,) = ask(world, uuid, version=version).json["migrations"]
    shown = ask(world, uuid, f"/{one.id}", version).json["migration"]
    assert list(listed) == list(shown) == [*KEYS, *more]
    assert listed == shown


@pytest.mark.parametrize(
    "path", sorted(SAMPLES.rglob("migrations-*.json")), ids=lambda p: str(p)[-25:]
)
def test_records_have_the_keys_of_the_samples(world: World, path: Path) -> None:
    document = json.loads(path.read_text())
    wanted = document.get("migration") or document["migrations"][0]
    uuid = server(world).uuid
    one = move(world, instance=uuid, progress=BYTES, updated_at=NOW, **TO_HOST2, **LIVE)
    below = f"/{one.id}" if "migration" in document else ""
    answer = ask(world, uuid, below, path.parent.name.removeprefix("v")).json
    found = answer.get("migration") or answer["migrations"][0]
    assert {key: type(value) for key, value in found.items()} == {
        key: type(value) for key, value in wanted.items()
    }


def test_bytes_are_null_until_something_is_known_of_them(world: World) -> None:
    first, second = server(world).uuid, server(world).uuid
    move(world, instance=first, **LIVE)
    move(world, instance=second, progress=BYTES, **TO_HOST2, **LIVE)
    (record,) = ask(world, first).json["migrations"]
    assert [record[key] for key in BYTES] == [None] * 6
    assert (record["dest_host"], record["updated_at"]) == (None, None)
    (record,) = ask(world, second).json["migrations"]
    assert {key: record[key] for key in BYTES} == BYTES
    assert [record[key] for key in HOSTS] == ["host2", "192.0.2.2", "node2", "host1", "node1"]
    assert (record["server_uuid"], record["status"]) == (second, "running")
    assert (record["user_id"], record["project_id"]) == ("ann", PROJECT)


@pytest.mark.parametrize("kind", MigrationType)
@pytest.mark.parametrize("status", Status)
def test_only_live_migrations_in_progress_are_there(
    world: World, kind: MigrationType, status: Status
) -> None:
    uuid = server(world).uuid
    number = move(world, instance=uuid, type=kind, status=status).id
    move(world, **LIVE)
    listed = [each["id"] for each in ask(world, uuid).json["migrations"]]
    answer = ask(world, uuid, f"/{number}")
    if kind != "live-migration":
        assert listed == []
        text = f"Migration {number} for server {uuid} is not live-migration."
        assert told(answer) == (404, text)
    elif status not in ("queued", "preparing", "running", "post-migrating"):
        assert listed == []
        text = f"Live migration {number} for server {uuid} is not in progress."
        assert told(answer) == (404, text)
    else:
        assert listed == [number]
        assert answer.json["migration"]["id"] == number


@pytest.mark.parametrize("asked", ["0", "-1", "77", "x", "1.5", "9" * 30, "%00", UNKNOWN_UUID])
def test_what_is_not_there_is_told(world: World, asked: str) -> None:
    uuid = server(world).uuid
    named = asked.replace("%00", "\0")
    text = f"In-progress live migration {named} is not found for server {uuid}."
    assert told(ask(world, uuid, f"/{asked}")) == (404, text)


def test_one_of_another_server_is_not_there(world: World) -> None:
    uuid = server(world).uuid
    number = move(world, instance=server(world).uuid, **LIVE).id
    text = f"In-progress live migration {number} is not found for server {uuid}."
    assert told(ask(world, uuid, f"/{number}")) == (404, text)


def test_managers_see_no_hosts_and_show_is_for_administrators(world: World) -> None:
    uuid = server(world).uuid
    one = move(world, instance=uuid, **TO_HOST2, **LIVE)
    (record,) = ask(world, uuid, token=MANAGER).json["migrations"]
    assert [record[key] for key in HOSTS] == [None] * 5
    (record,) = ask(world, uuid).json["migrations"]
    assert None not in [record[key] for key in HOSTS]
    assert ask(world, uuid, token=MEMBER).status_code == 403
    assert ask(world, uuid, f"/{one.id}", token=MANAGER).status_code == 403
    for token, status in ((STRANGER, 404), (ADMIN, 200)):
        for below in ("", f"/{one.id}"):
            assert ask(world, uuid, below, token=token).status_code == status
    assert ask(world, UNKNOWN_UUID).status_code == 404


@pytest.mark.parametrize(("version", "status"), [("2.1", 404), ("2.22", 404), ("2.23", 200)])
def test_they_are_there_from_2_23_on(world: World, version: str, status: int) -> None:
    uuid = server(world).uuid
    number = move(world, instance=uuid, **LIVE).id
    for below in ("", f"/{number}"):
        assert ask(world, uuid, below, version).status_code == status


def test_words_are_ignored_up_to_2_101(world: World) -> None:
    uuid = server(world).uuid
    assert ask(world, uuid, "?colour=red", "2.101").status_code == 200
    assert ask(world, uuid, "?colour=red", "2.102").status_code == 400
    number = move(world, instance=uuid, **LIVE).id
    assert ask(world, uuid, f"/{number}?colour=red", "2.102").status_code == 400


def test_nothing_can_be_asked_of_one_yet(world: World) -> None:
    """Nothing migrates live yet, so nobody could do it."""
    uuid = server(world).uuid
    path = f"/v2.1/servers/{uuid}/migrations/{move(world, instance=uuid, **LIVE).id}"
    assert world.ask("DELETE", path).status_code == 404
    body = {"force_complete": None}
    assert world.ask("POST", f"{path}/action", body=body).status_code == 404
