"""Nova's published samples of servers: the same keys at the same versions.

What differs: no addresses are known here, so there are no security groups either. Some samples were
taken by users who saw more than others; those of 2.69 are of a cell that does not answer.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.api.serving import MEMBER, server
from tests.api.world import ADMIN, NOW, PROJECT, World

from hostdown.services.instance_ports import Action, Event

SAMPLES = Path(__file__).parent / "samples/nova"
NEVER_OURS = {"security_groups"}
FOR_ADMINISTRATORS = {"host_status", "OS-EXT-SRV-ATTR:host"}
SILENT = "v2.69"


def cases(resource: str, *names: str) -> list[tuple[str, str]]:
    """Folders and names of the samples."""
    root = SAMPLES / resource
    return [
        ("" if file.parent == root else file.parent.name, file.stem)
        for file in sorted(root.rglob("*.json"))
        if file.stem in names
    ]


def sample(resource: str, folder: str, name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(
        (SAMPLES / resource / folder / f"{name}.json").read_text()
    )
    return document


def version_of(folder: str) -> str:
    return folder.removeprefix("v") or "2.1"


def record_of(document: dict[str, Any]) -> dict[str, Any]:
    record: dict[str, Any] = document.get("server") or document["servers"][0]
    return record


def ours(world: World, folder: str, name: str, token: str) -> dict[str, Any]:
    """The answer to the request that the sample answers."""
    (made,) = world.directory.read(lambda rows: rows.instance_mappings.of_project(PROJECT))
    uuid, version = made.uuid, version_of(folder)
    if name in ("server-update-resp", "server-put-resp"):
        answer = world.ask("PUT", f"/v2.1/servers/{uuid}", version, {"server": {}}, token)
    else:
        below = f"/{uuid}" if name == "server-get-resp" else ""
        below = "/detail" if name.startswith("servers-details") else below
        answer = world.ask("GET", f"/v2.1/servers{below}", version, token=token)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json
    return document


@pytest.mark.parametrize(
    ("folder", "name"),
    cases(
        "servers",
        "server-get-resp",
        "server-update-resp",
        "server-put-resp",
        "servers-details-resp",
        "servers-list-resp",
        "servers-details-with-changes-before",
        "servers-list-with-changes-before",
    ),
)
def test_a_server_has_the_keys_of_the_sample(world: World, folder: str, name: str) -> None:
    world.service("host1")
    server(world, host="host1")
    if folder == SILENT:
        world.silence_cell()
    shown = sample("servers", folder, name)
    wanted = record_of(shown)
    token = ADMIN if wanted.keys() & FOR_ADMINISTRATORS else MEMBER
    found = ours(world, folder, name, token)
    record = record_of(found)
    assert found.keys() == shown.keys() - {"servers_links"}
    assert record.keys() ^ wanted.keys() <= NEVER_OURS
    for key in ("flavor", "image"):
        if key in wanted:
            assert record[key].keys() == wanted[key].keys(), key


def test_a_server_of_a_silent_cell_has_the_keys_of_the_sample(world: World) -> None:
    uuid = server(world).uuid
    world.silence_cell()
    wanted = sample("servers", "v2.71", "server-get-down-cell-resp")["server"]
    found = world.ask("GET", f"/v2.1/servers/{uuid}", "2.71", token=MEMBER).json["server"]
    assert found.keys() == wanted.keys()
    assert found["flavor"].keys() == wanted["flavor"].keys()


def test_metadata_and_addresses_are_the_samples(world: World) -> None:
    shown = sample("server-metadata", "", "server-metadata-all-resp")
    uuid = server(world, metadata=shown["metadata"]).uuid
    path = f"/v2.1/servers/{uuid}"
    assert world.ask("GET", f"{path}/metadata").json == shown
    one = sample("server-metadata", "", "server-metadata-resp")
    (key,) = one["meta"]
    assert world.ask("PUT", f"{path}/metadata/{key}", body=one).json == one
    found = world.ask("GET", f"{path}/ips").json
    assert found.keys() == sample("server-ips", "", "server-ips-resp").keys()


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        (folder, name)
        for folder, name in cases(
            "os-instance-actions",
            *{file.stem for file in (SAMPLES / "os-instance-actions").rglob("*.json")},
        )
    ],
)
def test_actions_have_the_keys_of_the_samples(world: World, folder: str, name: str) -> None:
    shown = sample("os-instance-actions", folder, name)
    uuid = server(world).uuid
    action = Action(0, uuid, "stop", "req-1", "ann", PROJECT, None, NOW, NOW)
    event = Event(1, "compute_stop_instance", "host1", NOW, NOW, "Success", None)
    world.cell.write(lambda rows: rows.actions.add(action, event))
    version = version_of(folder)
    below = f"/v2.1/servers/{uuid}/os-instance-actions"
    if "instanceAction" in shown:
        wanted = shown["instanceAction"]
        token = MEMBER if "traceback" not in wanted["events"][0] else ADMIN
        found = world.ask("GET", f"{below}/req-1", version, token=token).json["instanceAction"]
        assert found.keys() == wanted.keys()
        assert found["events"][0].keys() == wanted["events"][0].keys()
    else:
        query = "?limit=1" if "links" in shown else ""
        answer = world.ask("GET", f"{below}{query}", version).json
        assert answer.keys() == shown.keys()
        assert answer["instanceActions"][0].keys() == shown["instanceActions"][0].keys()
