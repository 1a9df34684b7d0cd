"""Nova's published samples: the same situation made here gives the same documents.

Only ids and times differ; those are compared by form.
"""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.api.asking import current
from tests.api.world import World

SAMPLES = Path(__file__).parent / "samples/nova/os-services"
VERSIONS = {"": ("2.1", "2.10"), "v2.11": ("2.11", "2.52"), "v2.53": ("2.53", "2.68", "2.104")}
CASES = [(folder, version) for folder, versions in VERSIONS.items() for version in versions]
ACTIONS = {
    "service-disable": "disable",
    "service-disable-log": "disable-log-reason",
    "service-enable": "enable",
    "service-force-down": "force-down",
}
UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}")


def sample(folder: str, name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((SAMPLES / folder / name).read_text())
    return document


def form(document: object) -> object:
    """The document with ids and times replaced by what they are."""
    if isinstance(document, dict):
        shown = {key: form(value) for key, value in document.items()}
        if isinstance(document.get("id"), int):
            shown["id"] = "a number"
        return shown
    if isinstance(document, list):
        return [form(each) for each in document]
    if isinstance(document, str) and UUID.fullmatch(document):
        return "a uuid"
    if isinstance(document, str) and TIME.fullmatch(document):
        return "a time"
    return document


def build(world: World, records: list[dict[str, Any]]) -> None:
    """The situation that a sample of the list shows."""
    for record in records:
        seen = timedelta(0 if record["state"] == "up" else 3600)
        made = world.service(record["host"], record["binary"], seen)
        now = current(world, made)
        after = now._replace(
            disabled=record["status"] == "disabled", disabled_reason=record["disabled_reason"]
        )
        assert world.cell.write(
            lambda rows, now=now, after=after: rows.services.replace(now, after)
        )


@pytest.mark.parametrize(("folder", "version"), CASES)
def test_the_list_is_the_samples(world: World, folder: str, version: str) -> None:
    shown = sample(folder, "services-list-get-resp.json")
    build(world, shown["services"])
    answer = world.ask("GET", "/v2.1/os-services", version)
    assert form(answer.json) == form(shown)


def test_a_silent_cells_list_is_the_samples(world: World) -> None:
    shown = sample("v2.69", "services-list-get-resp.json")
    for record in shown["services"]:
        world.service(record["host"])
    world.silence_cell()
    assert world.ask("GET", "/v2.1/os-services", "2.69").json == shown


@pytest.mark.parametrize(("folder", "version"), CASES)
@pytest.mark.parametrize("name", ACTIONS)
def test_a_change_is_the_samples(world: World, folder: str, version: str, name: str) -> None:
    if not (SAMPLES / folder / f"{name}-put-req.json").exists():
        assert (folder, name) == ("", "service-force-down")
        return
    records = sample(folder, "services-list-get-resp.json")["services"]
    build(world, records)
    service = world.cell.read(lambda rows: rows.services.find("host1", "nova-compute"))[0]
    where = service.uuid if folder == "v2.53" else ACTIONS[name]
    request = sample(folder, f"{name}-put-req.json")
    answer = world.ask("PUT", f"/v2.1/os-services/{where}", version, request)
    assert answer.status_code == 200
    assert form(answer.json) == form(sample(folder, f"{name}-put-resp.json"))
