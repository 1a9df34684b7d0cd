"""POST …/action: the only key of the body says what to do (contract 1.7, 1.8)."""

import falcon
import pytest
from falcon.testing import Result, TestClient
from tests.api.world import ADMIN, PROJECT, World

from hostdown.api.compute.call import Call
from hostdown.api.compute.fields import Param
from hostdown.api.compute.microversion import Version
from hostdown.api.compute.pipeline import ComputeApi
from hostdown.api.compute.route import Route
from hostdown.api.compute.router import Router

PATH = "/things/{id}/action"


def heard(call: Call) -> object:
    return {"rule": call.rule, "id": call.names["id"], "body": dict(call.body)}


def nothing(call: Call) -> None:
    assert call.body == {}


ROUTES = (
    Route(
        "POST",
        PATH,
        heard,
        "old paint",
        until=Version(2, 9),
        action="paint",
        body=[Param("colour", {"type": "string"}, required=True)],
    ),
    Route(
        "POST",
        PATH,
        heard,
        "paint",
        since=Version(2, 10),
        action="paint",
        success=202,
        body=[
            Param("colour", {"type": "string"}),
            Param("coats", {"type": "integer"}, since=Version(2, 20)),
        ],
    ),
    Route("POST", PATH, nothing, "sell", since=Version(2, 5), action="sell"),
)


def post(
    world: World, body: bytes, version: str = "2.1", root: str = "v2.1", media_type: str = ""
) -> Result:
    app = falcon.App()
    app.add_sink(ComputeApi(world.parts, Router(ROUTES)))
    headers = {
        "X-Auth-Token": ADMIN,
        "OpenStack-API-Version": f"compute {version}",
        "Content-Type": media_type or "application/json",
    }
    return TestClient(app).simulate_post(f"/{root}/things/7/action", body=body, headers=headers)


def told(answer: Result) -> tuple[int, str]:
    (inside,) = answer.json.values()
    return answer.status_code, inside["message"]


def test_an_action_gets_what_stands_under_its_name(empty_world: World) -> None:
    answer = post(empty_world, b'{"paint": {"colour": "red"}}')
    assert answer.json == {"rule": "old paint", "id": "7", "body": {"colour": "red"}}


def test_each_version_has_its_own_row_of_an_action(empty_world: World) -> None:
    answer = post(empty_world, b'{"paint": {"coats": 2}}', "2.20")
    assert answer.status_code == 202
    assert answer.json == {"rule": "paint", "id": "7", "body": {"coats": 2}}
    assert told(post(empty_world, b'{"paint": {"coats": 2}}', "2.19")) == (
        400,
        "Invalid input for field/attribute paint. Value: {'coats': 2}. "
        "Additional properties are not allowed ('coats' was unexpected)",
    )
    assert told(post(empty_world, b'{"paint": {}}', "2.9")) == (
        400,
        "Invalid input for field/attribute paint. Value: {}. 'colour' is a required property",
    )


@pytest.mark.parametrize("inside", [b"null", b"{}", b"5", b'{"x": 1}'])
def test_an_action_without_parameters_looks_at_none(empty_world: World, inside: bytes) -> None:
    answer = post(empty_world, b'{"sell": ' + inside + b"}", "2.5")
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b'""', b"{", b'{"paint": {}, "sell": {}}', b'{"x": 1, "y": 2}', b"[1, 2]"],
)
def test_none_or_several_keys_are_malformed(empty_world: World, body: bytes) -> None:
    assert told(post(empty_world, body)) == (400, "Malformed request body")


def test_an_unknown_key_is_no_action(empty_world: World) -> None:
    assert told(post(empty_world, b'{"burn": {}}')) == (400, "There is no such action: burn")
    assert told(post(empty_world, b'{"": {}}')) == (400, "There is no such action: ")


@pytest.mark.parametrize("body", [b"[1]", b"5", b'"x"', b"null", b"true", b"1.5"])
def test_what_has_no_keys_is_not_found(empty_world: World, body: bytes) -> None:
    answer = post(empty_world, body)
    assert told(answer) == (404, "The resource could not be found.")
    assert "itemNotFound" in answer.json


def test_an_action_of_another_version_is_not_found(empty_world: World) -> None:
    answer = post(empty_world, b'{"sell": null}', "2.4")
    assert told(answer) == (404, "The resource could not be found.")
    assert answer.headers["openstack-api-version"] == "compute 2.4"


def test_the_order_is_media_type_action_project_version_body(empty_world: World) -> None:
    other = "v2.1/" + PROJECT[::-1]
    assert post(empty_world, b'{"burn": 1}', media_type="text/xml").status_code == 415
    assert told(post(empty_world, b'{"burn": 1}', root=other))[1].startswith("There is no such")
    assert told(post(empty_world, b'{"sell": 1}', root=other))[1].startswith("Malformed request U")
    assert post(empty_world, b'{"sell": 1}').status_code == 404
    assert post(empty_world, b'{"paint": 1}').status_code == 400


def test_the_old_root_drops_unknown_keys_below_the_action(empty_world: World) -> None:
    answer = post(empty_world, b'{"paint": {"colour": "red", "x": 1}}', root="v2")
    assert answer.json["body"] == {"colour": "red"}


def test_the_router_refuses_two_rows_of_one_action() -> None:
    with pytest.raises(ValueError, match=r"POST /things/\{id\}/action sell has two rows at 2\.5"):
        Router([*ROUTES, ROUTES[-1]])
