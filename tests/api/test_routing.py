"""Contract 1.1 and 1.5: which path reaches what, and what an unknown one gets."""

import pytest
from falcon.testing import create_environ
from tests.api.world import AUTH_URL, PROJECT, World

PAGE = (
    "<html>\n <head>\n  <title>404 Not Found</title>\n </head>\n <body>\n"
    "  <h1>404 Not Found</h1>\n  The resource could not be found.<br /><br />\n\n\n\n"
    " </body>\n</html>"
)
NOT_FOUND = {"itemNotFound": {"code": 404, "message": "The resource could not be found."}}


@pytest.fixture
def world(empty_world: World) -> World:
    return empty_world


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v2.1/nonsense"),
        ("GET", f"/v2.1/{PROJECT}"),
        ("GET", f"/v2.1/{PROJECT}/nonsense"),
        ("GET", "/v2.1/NotAProject/os-services"),
        ("GET", "/v2.1/os-services/"),
        ("GET", "/v2.1/os-services.json"),
        ("GET", "/v2.1/os-services/1"),
        ("GET", "/v2.1/os-services/1/2"),
        ("GET", "/v2.1/servers/"),
        ("GET", "/v2.1/servers.json"),
        ("HEAD", "/v2.1/os-services"),
        ("PUT", "/v2.1/os-services"),
        ("POST", "/v2.1/os-services"),
        ("PATCH", "/v2.1/os-services"),
        ("DELETE", "/v2.1/os-services"),
        ("TRACE", "/v2.1/os-services"),
        ("POST", "/v2.1/versions/v2.1"),
        ("GET", "/v2/nonsense"),
        ("GET", "/v2.1/os-services/%2F"),
    ],
)
def test_an_unknown_path_or_method_is_the_page_of_154_bytes(
    world: World, method: str, path: str
) -> None:
    answer = world.ask(method, path, "2.53")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "text/html; charset=UTF-8"
    assert answer.text == ("" if method == "HEAD" else PAGE)
    assert len(PAGE) == 154
    assert "openstack-api-version" not in answer.headers
    assert answer.headers["x-compute-request-id"].startswith("req-")


@pytest.mark.parametrize("version", ["abc", "9999.1"])
def test_an_unknown_path_is_the_page_whatever_the_version_header_says(
    world: World, version: str
) -> None:
    assert world.ask("GET", "/v2.1/nonsense", version).text == PAGE


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v2.1/os-volumes"),
        ("GET", "/v2.1/os-volumes/detail"),
        ("POST", f"/v2.1/{PROJECT}/os-volumes"),
        ("GET", "/v2.1/os-cells"),
        ("GET", f"/v2.1/servers/{PROJECT}/diagnostics"),
        ("POST", f"/v2.1/{PROJECT}/servers/{PROJECT}/os-volume_attachments"),
        ("DELETE", f"/v2.1/servers/{PROJECT}/tags/x"),
        ("GET", "/v2/os-agents"),
        ("GET", "/v2.1/versions/2.1"),
        ("GET", "/v2.1/versions/2"),
    ],
)
def test_what_nova_has_and_we_do_not_is_an_item_not_found(
    world: World, method: str, path: str
) -> None:
    answer = world.ask(method, path)
    assert (answer.status_code, answer.json) == (404, NOT_FOUND)
    assert ("openstack-api-version" in answer.headers) == path.startswith("/v2.1")


@pytest.mark.parametrize(
    "path",
    [
        "/v2.1/os-services",
        "/v2.1//os-services",
        "//v2.1///os-services",
        f"/v2.1/{PROJECT}/os-services",
        f"/v2.1/{PROJECT}//os-services",
        "/v2/os-services",
        f"/v2/{PROJECT}/os-services",
    ],
)
def test_slashes_collapse_and_the_project_may_stand_in_the_path(world: World, path: str) -> None:
    answer = world.ask("GET", path)
    assert (answer.status_code, answer.json) == (200, {"services": []})


def test_another_project_in_the_path_is_a_malformed_url(world: World) -> None:
    answer = world.ask("GET", "/v2.1/abc-123/os-services", "2.53")
    message = (
        "Malformed request URL: URL's project_id 'abc-123' doesn't match "
        f"Context's project_id '{PROJECT}'"
    )
    assert (answer.status_code, answer.json) == (
        400,
        {"badRequest": {"code": 400, "message": message}},
    )
    assert answer.headers["openstack-api-version"] == "compute 2.53"


@pytest.mark.parametrize(
    "path", ["/", "/v2", "/v2.1", "/v2.1/os-services", "/v2.1/nonsense", "/v3", "//", "/*"]
)
def test_options_is_200_and_empty_everywhere(world: World, path: str) -> None:
    answer = world.ask("OPTIONS", path, token=None)
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/v2.1/os-services",
        "/v2.1/nonsense",
        f"/v2.1/{PROJECT}",
        f"/v2.1/{PROJECT}/",
        "/v2.1/versions/v2.1",
        "/v2/os-services",
    ],
)
def test_without_a_token_everything_below_a_root_is_401_before_routing(
    world: World, path: str
) -> None:
    answer = world.ask("GET", path, "nonsense", token=None)
    inside = {
        "code": 401,
        "title": "Unauthorized",
        "message": "The request you have made requires authentication.",
    }
    assert (answer.status_code, answer.json) == (401, {"error": inside})
    assert answer.headers["www-authenticate"] == f'Keystone uri="{AUTH_URL}"'
    assert answer.headers["content-type"] == "application/json"
    assert "openstack-api-version" not in answer.headers


def test_options_of_the_server_itself_is_200_too(world: World) -> None:
    environ = create_environ(method="OPTIONS")
    environ["PATH_INFO"] = "*"
    statuses: list[str] = []
    list(world.app(environ, lambda status, _headers: statuses.append(status)))
    assert statuses == ["200 OK"]
