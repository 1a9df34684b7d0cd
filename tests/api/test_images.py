"""The Image API: versions for everybody, an empty list for whoever has a token."""

from dataclasses import replace
from urllib.parse import quote

import pytest
from falcon.testing import Result, TestClient
from hypothesis import given
from hypothesis import strategies as st
from tests.api.world import ADMIN, READER, World

from hostdown.api.app import create_app
from hostdown.api.image.app import ImageApi, ImageParts


@pytest.fixture
def client(empty_world: World) -> TestClient:
    parts = empty_world.parts
    images = ImageApi(ImageParts(parts.authenticator, None))
    return TestClient(create_app(replace(parts, applications=(images,))))


def ask(client: TestClient, path: str, method: str = "GET", token: str | None = READER) -> Result:
    headers = {"X-Auth-Token": token} if token else {}
    return client.simulate_request(method, path, headers=headers)


@pytest.mark.parametrize(
    ("path", "status"), [("/image", 300), ("/image/", 300), ("/image/v2/", 300),
    ("/image/versions", 200)],
)  # fmt: skip
def test_versions_need_no_token(client: TestClient, path: str, status: int) -> None:
    answer = ask(client, path, token=None)
    assert answer.status_code == status
    newest, _ = answer.json["versions"]
    assert (newest["id"], newest["status"]) == ("v2.17", "CURRENT")
    assert newest["links"] == [{"rel": "self", "href": "http://falconframework.org/image/v2/"}]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("", "/v2/images"),
        ("?sort=name:asc&limit=20&name=a%20b", "/v2/images?limit=20&name=a+b&sort=name%3Aasc"),
    ],
)
def test_the_list_is_empty(client: TestClient, query: str, first: str) -> None:
    answer = ask(client, f"/image/v2/images{query}")
    assert answer.json == {"images": [], "schema": "/v2/schemas/images", "first": first}
    assert answer.headers["x-openstack-request-id"].startswith("req-")


def test_without_a_token_it_is_401(client: TestClient) -> None:
    answer = ask(client, "/image/v2/images", token=None)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Keystone uri=")


@pytest.mark.parametrize(
    ("method", "path", "status", "sentence"),
    [
        ("GET", "/image/v2/images/cirros", 404, "No image found with ID cirros"),
        ("GET", "/image/v2/images/%3Cb%3E", 404, "No image found with ID &lt;b&gt;"),
        ("GET", "/image/v2/images?marker=x", 404, "No image found with ID x"),
        ("GET", "/image/v2/images?limit=x", 400, "limit param must be an integer"),
        ("GET", "/image/v2/images?limit=-1", 400, "limit param must be positive"),
        ("GET", "/image/v2/images?name=%ff", 400, "not UTF-8"),
        ("GET", "/image/v2/metadefs", 404, "could not be found"),
        ("GET", "/image/v1/images", 404, "could not be found"),
        ("POST", "/image/v2/images", 405, "not allowed"),
        ("DELETE", "/image/v2/images/x", 405, "not allowed"),
    ],
)
def test_the_rest_is_refused(
    client: TestClient, method: str, path: str, status: int, sentence: str
) -> None:
    answer = ask(client, path, method, ADMIN)
    assert (answer.status_code, sentence in answer.text) == (status, True)
    assert answer.headers["content-type"] == "text/html; charset=UTF-8"


@given(path=st.text(max_size=20), query=st.text(max_size=20))
def test_no_request_gives_a_5xx(client: TestClient, path: str, query: str) -> None:
    below = f"/{quote(path)}" if path else ""
    answer = client.simulate_get(
        f"/image/v2/images{below}", params={"limit": query}, headers={"X-Auth-Token": ADMIN}
    )
    assert answer.status_code < 500


def test_the_document_has_it(client: TestClient) -> None:
    paths = client.simulate_get("/openapi.json").json["paths"]
    assert {"/image", "/image/v2/images", "/image/v2/images/{id}"} <= set(paths)
