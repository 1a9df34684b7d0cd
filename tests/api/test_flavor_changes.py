"""Flavors made, described, deleted, opened: what is beyond gabbits/flavor-changes.yaml."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.api.asking import told
from tests.api.test_flavors import add, listed
from tests.api.world import ADMIN, PROJECT, READER, World

SAMPLES = Path(__file__).parent / "samples/nova"
VERSIONS = {
    "": ("2.1", "2.54"),
    "v2.55": ("2.55", "2.60"),
    "v2.61": ("2.61", "2.74"),
    "v2.75": ("2.75", "2.101"),
    "v2.102": ("2.102", "2.104"),
}
CASES = [(folder, version) for folder, versions in VERSIONS.items() for version in versions]
SIZES = {"name": "a flavor", "ram": 1024, "vcpus": 2, "disk": 10}
OTHERS = "b" * 32
THEIR_READER = f"bob:{OTHERS}:reader"


def sample(folder: str, name: str) -> dict[str, Any]:
    text = (SAMPLES / folder / f"{name}.json").read_text()
    # The links of some samples were written down from below /v2.
    text = text.replace("openstack.example.com/v2/", "openstack.example.com/v2.1/")
    document: dict[str, Any] = json.loads(text)
    return document


def create(world: World, version: str = "2.104", **facts: object) -> dict[str, Any]:
    answer = world.ask("POST", "/v2.1/flavors", version, {"flavor": {**SIZES, **facts}})
    assert answer.status_code == 200, answer.text
    flavor: dict[str, Any] = answer.json["flavor"]
    return flavor


@pytest.mark.parametrize(("folder", "version"), CASES)
def test_making_and_describing_are_the_samples(world: World, folder: str, version: str) -> None:
    where = f"flavor-manage/{folder}"
    asked = sample(where, "flavor-create-post-req")
    path, host = f"/v2.1/{PROJECT}/flavors", "openstack.example.com"
    made = world.ask("POST", path, version, asked, Host=host).json
    assert made == sample(where, "flavor-create-post-resp")
    if folder:
        asked = sample(where, "flavor-update-req")
        after = world.ask("PUT", f"{path}/1", version, asked, Host=host).json
        assert after == sample(where, "flavor-update-resp")


def test_extra_specs_are_the_samples(world: World) -> None:
    path, where = "/v2.1/flavors/1/os-extra_specs", "flavor-extra-specs"

    def told_as(name: str, method: str, below: str = "", request: str | None = None) -> None:
        body = None if request is None else sample(where, f"flavor-extra-specs-{request}-req")
        answer = world.ask(method, f"{path}{below}", "2.104", body)
        assert answer.json == sample(where, f"flavor-extra-specs-{name}-resp")

    told_as("create", "POST", request="create")
    told_as("list", "GET")
    told_as("get", "GET", "/hw:numa_nodes")
    told_as("update", "PUT", "/hw:numa_nodes", "update")
    answer = world.ask("DELETE", f"{path}/hw:numa_nodes")
    assert (answer.status_code, answer.content) == (200, b"")
    assert world.ask("GET", path).json == {"extra_specs": {"hw:cpu_policy": "shared"}}
    missing = (404, "Flavor 1 has no extra specs with key hw:numa_nodes.")
    assert told(world.ask("DELETE", f"{path}/hw:numa_nodes")) == missing


def test_an_id_is_made_where_none_is_given(world: World) -> None:
    for given in ({}, {"id": None}):
        flavor = create(world, **given, name=f"name {given}")
        assert str(UUID(flavor["id"])) == flavor["id"]
    assert create(world, name="n", id=77)["id"] == "77"
    assert create(world, name="m", id="a b.c_d-e")["id"] == "a b.c_d-e"


def test_sizes_may_be_texts_and_all_fields_count(world: World) -> None:
    flavor = create(
        world, "2.101", id="x", ram="2048", vcpus="3", disk="0", rxtx_factor="1.5", swap="7",
        **{"OS-FLV-EXT-DATA:ephemeral": "9", "os-flavor-access:is_public": "no"},
    )  # fmt: skip
    del flavor["links"]
    assert flavor == {
        "id": "x", "name": "a flavor", "ram": 2048, "disk": 0, "swap": 7,
        "OS-FLV-EXT-DATA:ephemeral": 9, "OS-FLV-DISABLED:disabled": False, "vcpus": 3,
        "os-flavor-access:is_public": False, "rxtx_factor": 1.5, "description": None,
        "extra_specs": {},
    }  # fmt: skip


FIELD = "Invalid input for field/attribute"


@pytest.mark.parametrize(
    ("version", "facts", "message"),
    [
        ("2.1", {"ram": 0}, f"{FIELD} ram. Value: 0. 0 is less than the minimum of 1"),
        ("2.1", {"ram": "0"}, f"{FIELD} ram. Value: 0. 0 is less than the minimum of 1"),
        ("2.1", {"ram": ""}, f"{FIELD} ram. Value: . '' should be non-empty"),
        ("2.1", {"vcpus": "-1"}, f"{FIELD} vcpus. Value: -1. '-1' does not match '^[0-9]*$'"),
        ("2.1", {"vcpus": 1.5}, f"{FIELD} vcpus. Value: 1.5. 1.5 is not of type 'integer', "
         "'string'"),
        ("2.1", {"disk": 2**31}, f"{FIELD} disk. Value: 2147483648. 2147483648 is greater than "
         "the maximum of 2147483647"),
        ("2.1", {"swap": "9" * 5000}, None),
        ("2.1", {"rxtx_factor": 0}, f"{FIELD} rxtx_factor. Value: 0. 0 is less than or equal to "
         "the minimum of 0"),
        ("2.1", {"rxtx_factor": "9" * 400}, None),
        ("2.1", {"rxtx_factor": "x"}, f"{FIELD} rxtx_factor. Value: x. 'x' does not match "
         r"'^[0-9]+(\\.[0-9]+)?$'"),
        ("2.1", {"id": " a"}, f"{FIELD} id. Value:  a. ' a' does not match "
         "'^(?! )[a-zA-Z0-9. _-]+(?<! )$'"),
        ("2.1", {"id": ""}, f"{FIELD} id. Value: . '' should be non-empty"),
        ("2.1", {"id": "a/b"}, None),
        ("2.1", {"id": "a\n"}, None),
        ("2.1", {"name": " a"}, "An invalid 'name' value was provided. The name must be: "
         "printable characters. Can not start or end with whitespace."),
        ("2.1", {"name": "n" * 256}, None),
        ("2.1", {"os-flavor-access:is_public": "y"}, None),
        ("2.54", {"description": "x"}, "Additional properties are not allowed ('description' was "
         "unexpected)"),
        ("2.55", {"description": "a\0b"}, None),
        ("2.55", {"description": "a" * 65536}, None),
        ("2.102", {"rxtx_factor": 1.0}, f"{FIELD} flavor. Value: {{'name': 'a flavor', 'ram': 1024,"
         " 'vcpus': 2, 'disk': 10, 'rxtx_factor': 1.0}. Additional properties are not allowed "
         "('rxtx_factor' was unexpected)"),
    ],
)  # fmt: skip
def test_a_bad_flavor_is_400(
    empty_world: World, version: str, facts: dict[str, object], message: str | None
) -> None:
    answer = empty_world.ask("POST", "/v2.1/flavors", version, {"flavor": {**SIZES, **facts}})
    status, said = told(answer)
    assert status == 400
    assert message is None or said.endswith(message)
    assert listed(empty_world, "") == ["1", "2", "3", "4", "5"]


def test_a_name_and_an_id_are_taken_once(world: World) -> None:
    for facts, message in (
        ({"name": "m1.tiny"}, "Flavor with name m1.tiny already exists."),
        ({"id": "1"}, "Flavor with ID 1 already exists."),
        ({"id": 1, "name": "m1.tiny"}, "Flavor with ID 1 already exists."),
    ):
        answer = world.ask("POST", "/v2.1/flavors", body={"flavor": {**SIZES, **facts}})
        assert told(answer) == (409, message)
    assert create(world, name="M1.TINY", id="one")["id"] == "one"


def test_the_old_root_forgives_blanks_and_unknown_keys(world: World) -> None:
    body = {"flavor": {**SIZES, "name": " a ", "description": "unknown there"}}
    assert world.ask("POST", "/v2/flavors", body=body).json["flavor"]["name"] == "a"


def test_deletion_is_202_once(world: World) -> None:
    answer = world.ask("DELETE", "/v2.1/flavors/1")
    assert (answer.status_code, answer.content) == (202, b"")
    missing = (404, "Flavor 1 could not be found.")
    assert told(world.ask("DELETE", "/v2.1/flavors/1")) == missing
    assert listed(world, "") == ["2", "3", "4", "5"]
    assert world.ask("DELETE", "/v2.1/flavors/2", token=READER).status_code == 403


@pytest.mark.parametrize(
    ("version", "body", "message"),
    [
        ("2.1", {"a": {}}, f"{FIELD} a. Value: {{}}. {{}} is not of type 'string', 'number'"),
        ("2.1", {"a": True}, f"{FIELD} a. Value: True. True is not of type 'string', 'number'"),
        ("2.1", {"a": "x" * 256}, None),
        ("2.1", {"a": "\0"}, None),
        ("2.1", {"a/b": "1"}, None),
        ("2.1", {"a\n": "1"}, None),
        ("2.86", {"hw:numa_nodes": 0},
         "Validation failed; '0' is less than the min value of '1'."),
        ("2.86", {"hw:numa_nodes": 1, "hw:numa": "1"},
         "Validation failed; extra spec 'hw:numa' does not appear to be a valid extra spec."),
    ],
)  # fmt: skip
def test_bad_extra_specs_are_400(
    empty_world: World, version: str, body: dict[str, object], message: str | None
) -> None:
    path = "/v2.1/flavors/1/os-extra_specs"
    status, said = told(empty_world.ask("POST", path, version, {"extra_specs": body}))
    assert status == 400
    assert message in (None, said)
    assert empty_world.ask("GET", path).json == {"extra_specs": {}}


def test_before_2_86_extra_specs_have_any_value_and_numbers_become_texts(world: World) -> None:
    path = "/v2.1/flavors/1/os-extra_specs"
    body = {"extra_specs": {"hw:numa": 0, "factor": 1.5, "text": ""}}
    assert world.ask("POST", path, "2.85", body).json == body
    kept = {"hw:numa": "0", "factor": "1.5", "text": ""}
    assert world.ask("GET", path).json == {"extra_specs": kept}


@pytest.mark.parametrize(
    ("key", "body", "message"),
    [
        ("a", {"b": "1"}, "Request body and URI mismatch"),
        ("a", {}, "{} should be non-empty"),
        ("a", {"a": "1", "b": "2"}, "{'a': '1', 'b': '2'} has too many properties"),
        ("a", [], "[] is not of type 'object'"),
    ],
)
def test_one_extra_spec_is_set_by_its_name(
    empty_world: World, key: str, body: object, message: str
) -> None:
    answer = empty_world.ask("PUT", f"/v2.1/flavors/1/os-extra_specs/{key}", "2.104", body)
    assert told(answer) == (400, message)


def act(world: World, flavorid: str, action: str, project: str, version: str = "2.7") -> Any:  # noqa: ANN401 - JSON
    body = {action: {"tenant": project}}
    return world.ask("POST", f"/v2.1/flavors/{flavorid}/action", version, body)


def test_a_private_flavor_is_seen_by_projects_that_were_let_in(world: World) -> None:
    add(world, "p", is_public=False)
    public = ["1", "2", "3", "4", "5"]
    assert listed(world, "", token=THEIR_READER) == public
    answer = act(world, "p", "addTenantAccess", OTHERS)
    access = {"flavor_access": [{"flavor_id": "p", "tenant_id": OTHERS}]}
    assert (answer.status_code, answer.json) == (200, access)
    assert world.ask("GET", "/v2.1/flavors/p/os-flavor-access").json == access
    assert listed(world, "", token=THEIR_READER) == [*public, "p"]
    assert listed(world, "?marker=5", token=THEIR_READER) == ["p"]
    assert world.ask("GET", "/v2.1/flavors/p", token=THEIR_READER).status_code == 200
    assert world.ask("GET", "/v2.1/flavors/p/os-extra_specs", token=THEIR_READER).json
    assert listed(world, "", token=f"ann:{PROJECT}") == public
    assert listed(world, "") == public
    assert listed(world, "", token=f"admin:{OTHERS}") == [*public, "p"]
    assert listed(world, "?is_public=no", token=ADMIN) == ["p"]
    taken = (409, f"Flavor access already exists for flavor p and project {OTHERS} combination.")
    assert told(act(world, "p", "addTenantAccess", OTHERS)) == taken
    assert act(world, "p", "removeTenantAccess", OTHERS).json == {"flavor_access": []}
    assert listed(world, "", token=THEIR_READER) == public
    gone = (404, f"Flavor access not found for p / {OTHERS} combination.")
    assert told(act(world, "p", "removeTenantAccess", OTHERS)) == gone


def test_a_public_flavor_takes_nobody_in_from_2_7_on(world: World) -> None:
    public = (409, "Can not add access to a public flavor.")
    assert told(act(world, "1", "addTenantAccess", OTHERS)) == public
    assert act(world, "1", "addTenantAccess", OTHERS, "2.6").status_code == 200
    missing = (404, "Flavor x could not be found.")
    for action in ("addTenantAccess", "removeTenantAccess"):
        assert told(act(world, "x", action, OTHERS)) == missing
        assert told(act(world, "1", action, "a b"))[0] == 400


def test_a_flavor_of_a_deleted_ones_id_lets_nobody_in(world: World) -> None:
    private = {"os-flavor-access:is_public": False}
    create(world, id="p", **private)
    act(world, "p", "addTenantAccess", OTHERS)
    assert world.ask("DELETE", "/v2.1/flavors/p").status_code == 202
    create(world, id="p", **private)
    assert world.ask("GET", "/v2.1/flavors/p/os-flavor-access").json == {"flavor_access": []}
    assert world.ask("GET", "/v2.1/flavors/p", token=THEIR_READER).status_code == 404
