"""Nova's published samples of os-hypervisors and os-hosts: the same situation, the same documents.

Ids, addresses and the names of servers differ and are compared by form. So do three values: a
hypervisor says how much disk is left beyond what is free, who is logged in and how busy the host
is; ours does not.
"""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest
from tests.api.hosting import let_run, node
from tests.api.test_samples import UUID
from tests.api.world import PROJECT, World

from hostdown.domain.model import InstanceName

SAMPLES = Path(__file__).parent / "samples/nova"
VERSIONS = {
    "": ("2.1", "2.27"),
    "v2.28": ("2.28", "2.32"),
    "v2.33": ("2.33", "2.52"),
    "v2.53": ("2.53", "2.87"),
    "v2.88": ("2.88", "2.104"),
}
PATHS = {
    "hypervisors-list-resp": "",
    "hypervisors-detail-resp": "/detail",
    "hypervisors-detail-with-servers-resp": "/detail?with_servers=1",
    "hypervisors-show-resp": "/{id}",
    "hypervisors-show-with-servers-resp": "/{id}?with_servers=1",
    "hypervisors-statistics-resp": "/statistics",
    "hypervisors-uptime-resp": "/{id}/uptime",
    "hypervisors-search-resp": "/fake/search",
    "hypervisors-with-servers-resp": "/fake/servers",
    "hypervisors-without-servers-resp": "/fake/servers",
}
BY_QUERY = {
    "hypervisors-search-resp": "?hypervisor_hostname_pattern=fake",
    "hypervisors-with-servers-resp": "?hypervisor_hostname_pattern=fake&with_servers=true",
    "hypervisors-without-servers-resp": "?hypervisor_hostname_pattern=fake&with_servers=false",
}
CASES = [
    (folder, version, file.stem)
    for folder, versions in VERSIONS.items()
    for file in sorted((SAMPLES / "os-hypervisors" / folder).glob("*.json"))
    for version in versions
]
USAGE = (
    "vcpus", "memory_mb", "local_gb", "vcpus_used", "memory_mb_used", "local_gb_used",
    "running_vms", "hypervisor_type", "hypervisor_version", "hypervisor_hostname", "host_ip",
)  # fmt: skip
NOT_OURS = ("disk_available_least", "running_vms", "uptime")
"""In the samples a host whose servers are listed has no running ones."""


def sample(resource: str, folder: str, name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(
        (SAMPLES / resource / folder / f"{name}.json").read_text()
    )
    return document


def _by_kind(document: dict[str, object]) -> dict[str, object]:
    """The kinds of values that differ."""
    kinds: dict[str, object] = {
        key: type(document[key]).__name__ for key in NOT_OURS if document.get(key) is not None
    }
    if list(document) == ["name", "uuid"]:
        kinds["name"] = "a server's name"
    if isinstance(document.get("id"), int):
        kinds["id"] = "a number"
    return kinds


def form(document: object) -> object:
    """The document with ids and links by form, and the keys of NOT_OURS by type."""
    if isinstance(document, dict):
        shown = {key: form(value) for key, value in document.items()}
        return shown | _by_kind(document)
    if isinstance(document, list):
        return [form(each) for each in document]
    if isinstance(document, str) and UUID.fullmatch(document):
        return "a uuid"
    if isinstance(document, str) and document.startswith("http"):
        parts = urlsplit(document)
        return parts.path, parts.query.partition("&marker=")[0]
    return document


def build(world: World, shown: dict[str, Any]) -> None:
    """The situation that a sample shows."""
    record = shown.get("hypervisor") or shown.get("hypervisors", [shown])[0]
    has = {key: value for key, value in (record | record.get("hypervisor_statistics", {})).items()}
    facts: dict[str, object] = {key: has[key] for key in USAGE if key in has}
    info = has.get("cpu_info", "{}")
    facts["cpu_info"] = info if isinstance(info, str) else orjson.dumps(info).decode()
    if has.get("uptime", "") is None:
        facts["booted_at"] = None
    host = record.get("service", {}).get("host", "compute")
    node(world, host, **facts)
    let_run(world, host, *(InstanceName(**server) for server in record.get("servers", ())))


@pytest.mark.parametrize(("folder", "version", "name"), CASES)
def test_it_is_the_sample(world: World, folder: str, version: str, name: str) -> None:
    shown = sample("os-hypervisors", folder, name)
    build(world, shown)
    by_uuid = folder in ("v2.53", "v2.88")
    below = (BY_QUERY if by_uuid and name in BY_QUERY else PATHS)[name]
    found = world.cell.read(lambda rows: rows.nodes.page(0, 1))[0].node
    below = below.format(id=found.uuid if by_uuid else found.id)
    if "hypervisors_links" in shown:
        below += "?limit=1"
    answer = world.ask("GET", f"/v2.1/{PROJECT}/os-hypervisors{below}", version)
    assert answer.status_code == 200, answer.text
    assert form(answer.json) == form(shown)


def test_no_sample_is_forgotten() -> None:
    files = {file.stem for file in (SAMPLES / "os-hypervisors").rglob("*.json")}
    assert files == set(PATHS)


@pytest.mark.parametrize("version", ["2.1", "2.42"])
def test_the_hosts_are_the_samples(world: World, version: str) -> None:
    shown = sample("os-hosts", "", "hosts-list-resp")
    for each in shown["hosts"]:
        world.service(each["host_name"], f"nova-{each['service']}")
    assert world.ask("GET", "/v2.1/os-hosts", version).json == shown


@pytest.mark.parametrize("version", ["2.1", "2.42"])
def test_a_host_is_the_sample(world: World, version: str) -> None:
    shown = sample("os-hosts", "", "host-get-resp")
    total, used, _ = (each["resource"] for each in shown["host"])
    node(
        world,
        total["host"],
        vcpus=total["cpu"],
        memory_mb=total["memory_mb"],
        local_gb=total["disk_gb"],
        vcpus_used=used["cpu"],
        memory_mb_used=used["memory_mb"],
        local_gb_used=used["disk_gb"],
    )
    assert world.ask("GET", f"/v2.1/os-hosts/{total['host']}", version).json == shown
