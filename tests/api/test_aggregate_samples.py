"""Nova's published samples of aggregates and zones: the same situation gives the same documents."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.api.test_samples import form
from tests.api.world import World

SAMPLES = Path(__file__).parent / "samples/nova"
FOLDERS = {"": ("2.1", "2.40"), "v2.41": ("2.41", "2.80"), "v2.81": ("2.81", "2.104")}
CASES = [(folder, version) for folder, versions in FOLDERS.items() for version in versions]


def sample(folder: str, name: str) -> dict[str, Any]:
    text = (SAMPLES / "os-aggregates" / folder / f"{name}.json").read_text()
    document: dict[str, Any] = json.loads(text)
    return document


def same(answer: object, shown: dict[str, Any]) -> None:
    """The documents are alike, but for the zone, in which requests and answers of Nova differ."""
    found, wanted = form(answer), form(shown)
    assert isinstance(found, dict)
    assert isinstance(wanted, dict)
    assert {**found, "availability_zone": ""} == {**wanted, "availability_zone": ""}


@pytest.mark.parametrize(("folder", "version"), CASES)
def test_a_life_of_an_aggregate_is_the_samples(world: World, folder: str, version: str) -> None:
    def ask(method: str, path: str, request: str | None = None) -> dict[str, Any]:
        body = None if request is None else sample(folder, request)
        answer = world.ask(method, f"/v2.1/os-aggregates{path}", version, body)
        assert answer.status_code in (200, 202), answer.text
        document: dict[str, Any] = answer.json if answer.content else {}
        return document

    host = sample(folder, "aggregate-add-host-post-req")["add_host"]["host"]
    world.service(host)
    made = {"aggregate": {"name": "name", "availability_zone": "london"}}
    answer = world.ask("POST", "/v2.1/os-aggregates", version, made)
    same(answer.json["aggregate"], sample(folder, "aggregate-post-resp")["aggregate"])
    same(ask("GET", "/1")["aggregate"], sample(folder, "aggregates-get-resp")["aggregate"])
    same(
        ask("POST", "/1/action", "aggregate-add-host-post-req")["aggregate"],
        sample(folder, "aggregates-add-host-post-resp")["aggregate"],
    )
    shown = sample(folder, "aggregates-list-get-resp")["aggregates"]
    for found, wanted in zip(ask("GET", "")["aggregates"], shown, strict=True):
        same(found, {**wanted, "hosts": [host]})
    leaving = {"remove_host": {"host": host}}
    answer = world.ask("POST", "/v2.1/os-aggregates/1/action", version, leaving)
    same(answer.json["aggregate"], sample(folder, "aggregates-remove-host-post-resp")["aggregate"])
    same(
        ask("POST", "/1/action", "aggregate-metadata-post-req")["aggregate"],
        sample(folder, "aggregates-metadata-post-resp")["aggregate"],
    )
    gone = {"set_metadata": {"metadata": {"key": None}}}
    assert world.ask("POST", "/v2.1/os-aggregates/1/action", version, gone).status_code == 200
    same(
        ask("PUT", "/1", "aggregate-update-post-req")["aggregate"],
        sample(folder, "aggregate-update-post-resp")["aggregate"],
    )
    if folder == "v2.81":
        assert ask("POST", "/1/images", "aggregate-images-post-req") == {}


def zones(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((SAMPLES / "os-availability-zone" / name).read_text())
    return document


@pytest.mark.parametrize("version", ["2.1", "2.104"])
def test_the_zones_are_the_samples(world: World, version: str) -> None:
    for host, binary in (("conductor", "nova-conductor"), ("scheduler", "nova-scheduler")):
        world.service(host, binary)
    world.service("compute")
    path = "/v2.1/os-availability-zone"
    answer = world.ask("GET", path, version)
    assert answer.json == zones("availability-zone-list-resp.json")
    detail = world.ask("GET", f"{path}/detail", version).json
    for zone in detail["availabilityZoneInfo"]:
        for host in zone["hosts"].values():
            for service in host.values():
                assert service["updated_at"]
                service["updated_at"] = None
    assert detail == zones("availability-zone-detail-resp.json")
