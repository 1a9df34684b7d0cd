"""Server groups beyond gabbits/server-groups.yaml: samples, whose they are, pages, quotas."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from tests.api.asking import told
from tests.api.test_samples import form
from tests.api.world import ADMIN, PROJECT, READER, World, open_world

from hostdown.api.parts import ApiSettings
from hostdown.domain.model import Caller
from hostdown.domain.quotas import Quotas
from hostdown.services import server_groups

SAMPLES = Path(__file__).parent / "samples/nova/os-server-groups"
VERSIONS = {"": ("2.1", "2.12"), "v2.13": ("2.13", "2.63"), "v2.64": ("2.64", "2.104")}
CASES = [(folder, version) for folder, versions in VERSIONS.items() for version in versions]
MEMBER = f"ann:{PROJECT}"
OTHERS = "b" * 32
STRANGER = f"bob:{OTHERS}"
ALL = "/v2.1/os-server-groups"


def sample(folder: str, name: str) -> dict[str, Any]:
    text = (SAMPLES / folder / f"server-groups-{name}.json").read_text()
    document: dict[str, Any] = json.loads(text)
    return document


def create(world: World, name: str, token: str = MEMBER, **facts: object) -> str:
    body = {"server_group": {"name": name, "policy": "anti-affinity", **facts}}
    answer = world.ask("POST", ALL, "2.64", body, token)
    assert answer.status_code == 200, answer.text
    return str(answer.json["server_group"]["id"])


def listed(world: World, query: str = "", token: str = MEMBER) -> list[str]:
    answer = world.ask("GET", f"{ALL}{query}", "2.64", token=token)
    assert answer.status_code == 200, answer.text
    return [group["name"] for group in answer.json["server_groups"]]


@pytest.mark.parametrize(("folder", "version"), CASES)
def test_a_life_of_a_group_is_the_samples(world: World, folder: str, version: str) -> None:
    token = f"fake:{PROJECT}"
    made = world.ask("POST", ALL, version, sample(folder, "post-req"), token)
    assert form(made.json) == form(sample(folder, "post-resp"))
    path = f"{ALL}/{made.json['server_group']['id']}"
    answer = world.ask("GET", path, version, token=token)
    assert form(answer.json) == form(sample(folder, "get-resp"))
    answer = world.ask("GET", ALL, version, token=token)
    assert form(answer.json) == form(sample(folder, "list-resp"))
    answer = world.ask("DELETE", path, version, token=token)
    assert (answer.status_code, answer.content) == (204, b"")
    missing = (404, f"Instance group {made.json['server_group']['id']} could not be found.")
    for method in ("GET", "DELETE"):
        assert told(world.ask(method, path, version, token=token)) == missing


def test_a_group_belongs_to_a_project(world: World) -> None:
    mine = create(world, "mine")
    create(world, "theirs", STRANGER)
    assert listed(world) == ["mine"]
    assert listed(world, "?all_projects=1") == ["mine"]
    assert listed(world, token=ADMIN) == ["mine"]
    assert listed(world, "?all_projects", ADMIN) == ["mine", "theirs"]
    assert listed(world, "?all_projects=False", ADMIN) == ["mine", "theirs"]
    for method, rule in (("GET", "show"), ("DELETE", "delete")):
        assert told(world.ask(method, f"{ALL}/{mine}", "2.64", token=STRANGER)) == (
            403, f"Policy doesn't allow os_compute_api:os-server-groups:{rule} to be performed.",
        )  # fmt: skip
    assert world.ask("DELETE", f"{ALL}/{mine}", token=READER).status_code == 403
    assert world.ask("DELETE", f"{ALL}/{mine}", token=f"admin:{OTHERS}").status_code == 204


def test_a_list_is_cut_by_limit_and_offset(world: World) -> None:
    for name in "abcd":
        create(world, name)
    for query, found in (
        ("?limit=2", "ab"), ("?limit=2&offset=1", "bc"), ("?offset=3", "d"), ("?offset=9", ""),
        ("?limit=0", "abcd"), (f"?limit={'9' * 30}&offset=0", "abcd"), (f"?offset={'9' * 500}", ""),
        ("?limit=1&limit=3", "abc"),
    ):  # fmt: skip
        assert "".join(listed(world, query)) == found, query
    assert world.ask("GET", f"{ALL}?limit=-1").status_code == 400


@pytest.mark.parametrize(
    ("version", "facts"),
    [
        ("2.14", {"policies": ["soft-affinity"]}),
        ("2.63", {"policies": []}),
        ("2.63", {"policies": ["affinity", "anti-affinity"]}),
        ("2.63", {"policies": "affinity"}),
        ("2.63", {"policy": "affinity"}),
        ("2.64", {"policies": ["affinity"]}),
        ("2.64", {"policies": ["affinity"], "policy": "affinity"}),
        ("2.64", {"policy": "legacy"}),
        ("2.64", {"policy": "anti-affinity", "rules": {"max_server_per_host": 0}}),
        ("2.64", {"policy": "anti-affinity", "rules": {"max_server_per_host": "-1"}}),
        ("2.64", {"policy": "anti-affinity", "rules": {"max_server_per_host": 2**31}}),
        ("2.64", {"policy": "anti-affinity", "rules": {"other": 1}}),
        ("2.64", {"policy": "affinity", "rules": {"max_server_per_host": 1}}),
        ("2.64", {"policy": "affinity", "name": " a"}),
    ],
)
def test_a_bad_group_is_400(empty_world: World, version: str, facts: dict[str, object]) -> None:
    body = {"server_group": {"name": "a", **facts}}
    assert empty_world.ask("POST", ALL, version, body).status_code == 400


def test_a_rule_may_be_a_text_and_is_shown_as_a_number(world: World) -> None:
    made = create(world, "a", rules={"max_server_per_host": "3"})
    shown = world.ask("GET", f"{ALL}/{made}", "2.64").json["server_group"]
    assert shown["rules"] == {"max_server_per_host": 3}
    assert create(world, "b", policy="affinity", rules={})


def test_members_are_shown_while_they_are_there(world: World) -> None:
    made, server = create(world, "a"), str(uuid4())
    caller, now = Caller("ann", "ann", PROJECT, (), "req-1"), world.clock.now()
    world.directory.write(lambda rows: server_groups.join(rows, caller, made, server, -1, now))
    path = f"{ALL}/{made}"
    assert world.ask("GET", path).json["server_group"]["members"] == [server]
    world.directory.write(lambda rows: server_groups.leave(rows, server))
    assert world.ask("GET", path).json["server_group"]["members"] == []


def test_a_project_has_no_more_groups_than_its_quota() -> None:
    with open_world(ApiSettings(quotas=Quotas(server_groups=2, ram=4096))) as world:
        create(world, "a")
        create(world, "b")
        body = {"server_group": {"name": "c", "policy": "affinity"}}
        answer = world.ask("POST", ALL, "2.64", body)
        assert told(answer) == (403, "Quota exceeded, too many server groups.")
        create(world, "theirs", STRANGER)
        absolute = world.ask("GET", "/v2.1/limits", "2.57").json["limits"]["absolute"]
        assert (absolute["maxServerGroups"], absolute["totalServerGroupsUsed"]) == (2, 2)
        assert (absolute["maxTotalRAMSize"], absolute["maxTotalCores"]) == (4096, -1)
        quotas = world.ask("GET", f"/v2.1/os-quota-sets/{PROJECT}/detail").json["quota_set"]
        assert quotas["server_groups"] == {"in_use": 2, "limit": 2, "reserved": 0}
        assert quotas["ram"] == {"in_use": 0, "limit": 4096, "reserved": 0}
        of_others = world.ask("GET", f"/v2.1/limits?tenant_id={OTHERS}").json["limits"]
        assert of_others["absolute"]["totalServerGroupsUsed"] == 1
