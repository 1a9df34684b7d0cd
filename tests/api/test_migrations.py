"""os-migrations over real rows (contract 4.8)."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from falcon.testing import Result
from tests.api.moving import LIVE, move
from tests.api.serving import server
from tests.api.test_small_lists import MANAGER
from tests.api.world import ADMIN, NOW, PROJECT, World
from tests.contracts.test_instances import FLAVOR

from hostdown.domain.migration import MigrationType, Status

SAMPLES = Path(__file__).parent / "samples/nova/os-migrations"
SECOND = timedelta(seconds=1)
SERVER = "8600d31b-d1a1-4632-b2ff-45c2be1a70ff"
BASE = "http://falconframework.org"
HOSTS = ["source_compute", "dest_compute", "source_node", "dest_node", "dest_host"]
OLD = [
    "id", *HOSTS, "old_instance_type_id", "new_instance_type_id", "instance_uuid", "status",
    "created_at", "updated_at",
]  # fmt: skip


def ask(world: World, query: str = "", version: str = "2.104", token: str = ADMIN) -> Result:
    return world.ask("GET", f"/v2.1/os-migrations{query}", version, token=token)


def listed(
    world: World, query: str = "", version: str = "2.104", token: str = ADMIN
) -> list[dict[str, Any]]:
    answer = ask(world, query, version, token)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json["migrations"]
    return found


def sources(world: World, query: str = "", version: str = "2.104", token: str = ADMIN) -> str:
    return "".join(each["source_compute"] for each in listed(world, query, version, token))


def inserted(keys: list[str], before: str, *more: str) -> list[str]:
    at = keys.index(before)
    return [*keys[:at], *more, *keys[at:]]


# --------------------------------------------------------------------------------------- records


def test_each_version_has_its_keys_in_order(world: World) -> None:
    move(world)
    typed = inserted(OLD, "created_at", "migration_type")
    named = inserted(typed, "source_compute", "uuid")
    owned = inserted(named, "created_at", "user_id", "project_id")
    for first, last, keys in (
        ("2.1", "2.22", OLD), ("2.23", "2.58", typed), ("2.59", "2.79", named),
        ("2.80", "2.104", owned),
    ):  # fmt: skip
        for version in (first, last):
            (record,) = listed(world, version=version)
            assert list(record) == keys, version


def test_a_record_tells_of_an_evacuation(world: World) -> None:
    one = move(world, instance=SERVER)
    assert listed(world) == [
        {
            "id": one.id,
            "uuid": one.uuid,
            "source_compute": "host1",
            "dest_compute": None,
            "source_node": "node1",
            "dest_node": None,
            "dest_host": None,
            "old_instance_type_id": None,
            "new_instance_type_id": None,
            "instance_uuid": SERVER,
            "status": "accepted",
            "migration_type": "evacuation",
            "user_id": "ann",
            "project_id": PROJECT,
            "created_at": "2026-11-20T10:00:00.123456",
            "updated_at": None,
        }
    ]


def test_a_destination_is_shown_with_its_address_and_a_resize_with_its_flavors(
    world: World,
) -> None:
    move(
        world, type=MigrationType.RESIZE, status=Status.FINISHED, dest_host="host2",
        dest_node="node2", dest_ip="192.0.2.2", old_flavor=FLAVOR,
        new_flavor=FLAVOR._replace(id=2), updated_at=NOW.replace(microsecond=0),
    )  # fmt: skip
    (record,) = listed(world)
    assert [record[key] for key in HOSTS] == ["host1", "host2", "node1", "node2", "192.0.2.2"]
    assert [record[f"{key}_instance_type_id"] for key in ("old", "new")] == [1, 2]
    assert record["updated_at"] == "2026-11-20T10:00:00.000000"


@pytest.mark.parametrize(("version", "linked"), [("2.22", False), ("2.23", True), ("2.104", True)])
def test_live_migrations_in_progress_have_links_to_where_they_are_found(
    world: World, version: str, linked: bool
) -> None:
    one = move(world, instance=SERVER, **LIVE)
    (record,) = listed(world, version=version)
    below = f"/servers/{SERVER}/migrations/{one.id}"
    links = [
        {"rel": "self", "href": f"{BASE}/v2.1{below}"},
        {"rel": "bookmark", "href": f"{BASE}{below}"},
    ]
    assert record.get("links") == (links if linked else None)
    assert list(record)[-1] == ("links" if linked else "updated_at")


@pytest.mark.parametrize("kind", MigrationType)
@pytest.mark.parametrize("status", Status)
def test_nothing_else_has_links(world: World, kind: MigrationType, status: Status) -> None:
    move(world, type=kind, status=status)
    (record,) = listed(world)
    running = status in ("queued", "preparing", "running", "post-migrating")
    assert ("links" in record) is (kind == "live-migration" and running)


@pytest.mark.parametrize("path", sorted(SAMPLES.rglob("*.json")), ids=lambda path: path.stem)
def test_records_have_the_keys_of_the_samples(world: World, path: Path) -> None:
    folder = path.parent.name
    version = folder.removeprefix("v") if folder.startswith("v2") else "2.1"
    document = json.loads(path.read_text())
    assert document["migrations"]
    for wanted in document["migrations"]:
        kind = MigrationType(wanted.get("migration_type", "evacuation"))
        one = move(world, type=kind, status=Status(wanted["status"]))
        found = next(each for each in listed(world, version=version) if each["id"] == one.id)
        assert found.keys() == wanted.keys()
        assert {key: type(value) for key, value in found.items() if value is not None}.items() <= {
            key: type(value) for key, value in wanted.items()
        }.items()


# ------------------------------------------------------------------------------------ who may see


def test_managers_see_their_projects_without_hosts_from_2_80_on(world: World) -> None:
    move(world, dest_host="host2", dest_node="node2", dest_ip="192.0.2.2")
    move(world, project_id="other")
    own = f"?project_id={PROJECT}"
    (record,) = listed(world, own, token=MANAGER)
    assert list(record)[2:7] == HOSTS
    assert [record[key] for key in HOSTS] == [None] * 5
    assert record["status"] == "accepted"
    assert len(listed(world)) == 2
    for query in ("", "?project_id=other", "?user_id=ann"):
        assert ask(world, query, token=MANAGER).status_code == 403
    assert ask(world, own, "2.79", MANAGER).status_code == 400
    assert ask(world, own, "2.58", MANAGER).status_code == 403


# ---------------------------------------------------------------------------------------- filters


def four(world: World) -> None:
    """From a to d, a second after each other."""
    resize = {"type": MigrationType.RESIZE, "status": Status.FINISHED}
    facts: dict[str, dict[str, object]] = {
        "a": {"instance": SERVER},
        "b": {"dest_host": "a", "user_id": "bob", "project_id": "other", "status": Status.DONE},
        "c": {"dest_host": "d", **LIVE},
        "d": resize,
    }
    for number, (host, each) in enumerate(facts.items()):
        move(world, source_host=host, created_at=NOW + number * SECOND, **each)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("host=a", "ba"), ("host=d", "dc"), ("host=A", ""), ("host=", ""),
        ("source_compute=a", "a"), ("source_compute=d", "d"),
        ("host=a&source_compute=d", "ba"),
        (f"instance_uuid={SERVER}", "a"), (f"instance_uuid={SERVER.upper()}", "a"),
        (f"instance_uuid={SERVER.replace('-', '')}", "a"),
        ("status=done", "b"), ("status=running", "c"), ("status=nonsense", ""),
        ("status=done&host=d", ""),
        ("migration_type=evacuation", "ba"), ("migration_type=resize", "d"),
        ("migration_type=x", ""),
        ("hidden=0", "dcba"), ("hidden=false", "dcba"), ("hidden=1", ""), ("hidden=True", ""),
    ],
)  # fmt: skip
def test_filters_are_exact_at_every_version(world: World, query: str, expected: str) -> None:
    four(world)
    assert sources(world, f"?{query}", "2.59") == sources(world, f"?{query}") == expected
    for version in ("2.1", "2.58"):
        assert sources(world, f"?{query}", version) == expected[::-1]


def test_before_2_59_the_last_value_counts_and_the_oldest_comes_first(world: World) -> None:
    four(world)
    assert sources(world, "?status=x&status=done", "2.58") == "b"
    everything = "?limit=1&marker=x&changes-since=2030-01-01&user_id=nobody&a=1"
    assert sources(world, everything, "2.58") == "abcd"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("user_id=bob", "b"), ("user_id=Bob", ""), ("project_id=other", "b"),
        (f"project_id={PROJECT}&user_id=ann", "dca"), ("project_id=nobody", ""),
    ],
)  # fmt: skip
def test_who_asked_is_a_filter_from_2_80_on(world: World, query: str, expected: str) -> None:
    four(world)
    assert sources(world, f"?{query}", "2.80") == expected
    assert ask(world, f"?{query}", "2.79").status_code == 400


def test_changes_have_their_times(world: World) -> None:
    four(world)
    move(world, source_host="e", created_at=NOW - SECOND, updated_at=NOW + 9 * SECOND)
    since = f"changes-since={(NOW + 2 * SECOND).isoformat()}"
    before = f"changes-before={(NOW + 2 * SECOND).isoformat()}"
    assert sources(world, f"?{since}", "2.59") == "dce"
    assert sources(world, f"?{before}", "2.66") == "cba"
    assert sources(world, f"?{since}&{before}", "2.66") == "c"
    assert ask(world, f"?{before}", "2.65").status_code == 400


def test_migrations_of_deleted_servers_are_not_listed(world: World) -> None:
    kept, gone = (server(world, vm_state="error", host=None).uuid for _ in range(2))
    for uuid in (kept, gone):
        move(world, instance=uuid)
    assert world.ask("DELETE", f"/v2.1/servers/{gone}").status_code == 204
    assert [each["instance_uuid"] for each in listed(world)] == [kept]
    assert [each["instance_uuid"] for each in listed(world, version="2.1")] == [kept]
