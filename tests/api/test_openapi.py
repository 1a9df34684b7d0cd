"""/openapi.json tells of every operation of the tables and of nothing else.

That answers are as it tells is checked with every request of `World.ask`.
"""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from tests.api.world import World

from hostdown.api.agent.app import AgentApi
from hostdown.api.alarm.app import AlarmApi
from hostdown.api.compute.microversion import ALL, MAXIMUM, MINIMUM, Version
from hostdown.api.compute.routes import ROUTES
from hostdown.api.health import Health
from hostdown.api.identity.app import IdentityApi
from hostdown.api.image.app import ImageApi
from hostdown.api.openapi import KEPT_MAX, OpenApi, document

OTHERS = (Health, IdentityApi, AgentApi, AlarmApi)
REFERENCE = "$ref"


@pytest.fixture
def world(empty_world: World) -> World:
    return empty_world


def told(version: Version) -> dict[str, Any]:
    return document(version, (OpenApi, *OTHERS), "0.1.0")


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def test_an_image_that_has_no_bytes_yet_is_a_success_without_a_body() -> None:
    found = operations(document(MAXIMUM, (ImageApi,), "0.1.0"))
    responses = found["GET", "/image/v2/images/{id}/file"]["responses"]
    assert responses["204"] == {"description": "No Content"}
    assert "200" in responses


@pytest.mark.parametrize("version", ALL, ids=str)
def test_every_operation_of_a_version_is_told_and_nothing_else(version: Version) -> None:
    compute = {
        (route.method, f"/v2.1{route.path}")
        for route in ROUTES
        if route.since <= version <= route.until
    }
    others = {
        (operation.method, application.prefix + operation.path)
        for application in (OpenApi, *OTHERS)
        for operation in application.operations
    }
    assert set(operations(told(version))) == {("GET", "/")} | compute | others


@pytest.mark.parametrize("version", [MINIMUM, Version(2, 53), MAXIMUM], ids=str)
def test_every_operation_has_a_name_of_its_own_and_its_names_in_the_path(version: Version) -> None:
    found = operations(told(version))
    assert len({operation["operationId"] for operation in found.values()}) == len(found)
    for (_, path), operation in found.items():
        named = [p["name"] for p in operation["parameters"] if p["in"] == "path"]
        assert [f"{{{name}}}" for name in named] == [p for p in path.split("/") if "{" in p]
        assert len({(p["name"], p["in"]) for p in operation["parameters"]}) == len(
            operation["parameters"]
        )


def test_every_schema_of_the_tables_is_one() -> None:
    """So nothing has to look at that when a worker starts."""
    rows = [
        row
        for route in ROUTES
        for part in (route.body, route.query and route.query.params, route.names)
        for row in part or ()
    ]
    fields = [field for route in ROUTES if route.answer for field in route.answer.fields]
    others = [each for application in OTHERS for each in application.operations]
    schemas = [row.schema for row in rows] + [field.schema for field in fields]
    schemas += [schema for each in others for schema in (each.answer, each.body)]
    for schema in {json.dumps(schema) for schema in schemas if schema is not None}:
        Draft202012Validator.check_schema(json.loads(schema))


def test_every_field_of_an_answer_has_a_schema() -> None:
    without = [
        f"{route.method} {route.path}: {field.name}"
        for route in ROUTES
        if route.answer
        for field in route.answer.fields
        if field.schema is None
    ]
    assert without == []


def test_every_reference_leads_somewhere() -> None:
    document = told(MAXIMUM)
    used = {
        response[REFERENCE].rpartition("/")[2]
        for operation in operations(document).values()
        for response in operation["responses"].values()
        if REFERENCE in response
    }
    assert used == set(document["components"]["responses"])


def test_an_operation_tells_its_versions_its_rule_and_what_it_takes(world: World) -> None:
    def update(version: str) -> dict[str, Any]:
        paths = world.ask("GET", f"/openapi.json?version={version}", token=None).json["paths"]
        operation: dict[str, Any] = paths["/v2.1/os-services/{id}"]["put"]
        return operation

    old, new = update("2.10"), update("2.53")
    assert (old["x-openstack"], new["x-openstack"]) == (
        {"min-ver": "2.1", "max-ver": "2.52"},
        {"min-ver": "2.53", "max-ver": "2.104"},
    )
    assert old["x-policy-rules"] == ["os_compute_api:os-services:update"]
    actions = next(p["schema"] for p in old["parameters"] if p["name"] == "id")
    assert actions == {"enum": ["disable", "disable-log-reason", "enable"]}
    body = new["requestBody"]["content"]["application/json"]["schema"]
    assert set(body["properties"]) == {"status", "disabled_reason", "forced_down"}
    header = next(p for p in new["parameters"] if p["in"] == "header")
    assert (header["name"], header["schema"]) == (
        "OpenStack-API-Version",
        {"const": "compute 2.53"},
    )
    fields = new["responses"]["200"]["content"]["application/json"]["schema"]
    assert fields["properties"]["service"]["properties"]["id"] == {
        "type": "string",
        "format": "uuid",
    }
    assert set(new["responses"]) >= {"200", "400", "401", "403", "404", "503"}


@pytest.mark.parametrize("query", ["", "?version=latest", f"?version={MAXIMUM}"])
def test_the_newest_version_is_told_if_no_other_is_asked_for(world: World, query: str) -> None:
    answer = world.ask("GET", f"/openapi.json{query}", token=None)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json["info"]["x-openstack"]["microversion"] == str(MAXIMUM)
    assert answer.json["openapi"] == "3.1.0"
    assert "/healthz" in answer.json["paths"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/openapi.json?version=2.105", 406),
        ("/openapi.json?version=two", 400),
        ("/openapi.json?version=%FF", 400),
        ("/openapi.json?version=%00", 400),
        ("/openapi.json/", 404),
        ("/openapi.json/more", 404),
    ],
)
def test_what_it_does_not_have_it_refuses(world: World, path: str, status: int) -> None:
    assert world.ask("GET", path, token=None).status_code == status


def test_more_versions_than_are_kept_can_be_asked_for(world: World) -> None:
    for version in ALL[: KEPT_MAX + 1]:
        answer = world.ask("GET", f"/openapi.json?version={version}", token=None)
        assert answer.json["info"]["x-openstack"]["microversion"] == str(version)
