"""Contract 1.2: the documents that clients read first, without a token."""

import json
from pathlib import Path

import pytest
from tests.api.world import PROJECT, World, open_world

from hostdown.api.app import ApiSettings

SAMPLES = Path(__file__).parent / "samples/nova/versions"
HOST = {"Host": "openstack.example.com"}


@pytest.fixture
def world(empty_world: World) -> World:
    return empty_world


def sample(name: str) -> object:
    return json.loads((SAMPLES / name).read_text())


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"])
@pytest.mark.parametrize("path", ["/", "//", "/?format=xml"])
def test_the_root_lists_the_versions_for_any_method(world: World, method: str, path: str) -> None:
    answer = world.ask(method, path, "nonsense", token=None, **HOST)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    if method != "HEAD":
        assert answer.json == sample("versions-get-resp.json")
    for absent in ("x-compute-request-id", "openstack-api-version", "vary"):
        assert absent not in answer.headers


@pytest.mark.parametrize("path", ["/v2.1", "/v2.1/", "//v2.1//"])
def test_the_current_root_tells_about_itself_without_a_token(world: World, path: str) -> None:
    answer = world.ask("GET", path, "2.7", token=None, **HOST)
    assert (answer.status_code, answer.json) == (200, sample("v21-version-get-resp.json"))
    assert answer.headers["openstack-api-version"] == "compute 2.7"
    assert answer.headers["x-openstack-request-id"] == answer.headers["x-compute-request-id"]


@pytest.mark.parametrize("path", ["/v2", "/v2/"])
def test_the_old_root_ignores_microversions(world: World, path: str) -> None:
    answer = world.ask("GET", path, "nonsense", token=None, **HOST)
    assert (answer.status_code, answer.json) == (200, sample("v2-version-get-resp.json"))
    assert "x-compute-request-id" in answer.headers
    for absent in ("openstack-api-version", "x-openstack-nova-api-version", "vary"):
        assert absent not in answer.headers


@pytest.mark.parametrize(("version", "status"), [("nonsense", 400), ("2.105", 406)])
def test_the_current_root_refuses_bad_versions(world: World, version: str, status: int) -> None:
    assert world.ask("GET", "/v2.1/", version, token=None).status_code == status


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (f"/v2.1/{PROJECT}/", "v21-version-get-resp.json"),
        ("/v2.1/versions/v2.1", "v21-version-get-resp.json"),
        ("/v2.1/versions/v2.0", "v2-version-get-resp.json"),
    ],
)
def test_the_documents_stand_below_the_root_too(world: World, path: str, name: str) -> None:
    answer = world.ask("GET", path, **HOST)
    assert (answer.status_code, answer.json) == (200, sample(name))


@pytest.mark.parametrize(
    ("path", "below"),
    [
        ("/v3", "v3"),
        ("/servers", "servers"),
        ("/v1.1/servers/", "v1.1/servers"),
        ("/v2.0", "v2.0"),
        ("/a%20b", "a%20b"),
    ],
)
def test_any_other_path_gets_choices(world: World, path: str, below: str) -> None:
    answer = world.ask("GET", path, token=None, **HOST)
    assert answer.status_code == 300
    assert [(each["id"], each["status"]) for each in answer.json["choices"]] == [
        ("v2.0", "DEPRECATED"),
        ("v2.1", "CURRENT"),
    ]
    assert [each["links"] for each in answer.json["choices"]] == [
        [{"rel": "self", "href": f"http://openstack.example.com/v2/{below}"}],
        [{"rel": "self", "href": f"http://openstack.example.com/v2.1/{below}"}],
    ]
    assert [list(each) for each in answer.json["choices"]] == [
        ["id", "status", "links", "media-types"]
    ] * 2


def test_the_link_prefix_replaces_scheme_and_host() -> None:
    with open_world(ApiSettings(link_prefix="https://cloud.example.com/compute/")) as world:
        answer = world.ask("GET", "/", **HOST)
        hrefs = [each["links"][0]["href"] for each in answer.json["versions"]]
    assert hrefs == [
        "https://cloud.example.com/compute/v2/",
        "https://cloud.example.com/compute/v2.1/",
    ]
