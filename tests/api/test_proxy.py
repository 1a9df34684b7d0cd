"""Behind a proxy: whose word the links in answers follow."""

import pytest
from tests.api.world import open_world

from hostdown.api.parts import ApiSettings

BEHIND = ApiSettings(proxy_headers=True)


def link(settings: ApiSettings, **headers: str) -> str:
    """Where the first link of the version document leads."""
    with open_world(settings) as world:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = world.client.simulate_get("/", headers={"Host": "inside:8774"} | sent)
        return str(answer.json["versions"][0]["links"][0]["href"])


def test_nobody_is_believed_by_default() -> None:
    told = link(ApiSettings(), X_Forwarded_Proto="https", X_Forwarded_Host="api.example")
    assert told == "http://inside:8774/v2/"


@pytest.mark.parametrize(
    ("headers", "base"),
    [
        ({"X_Forwarded_Proto": "https", "X_Forwarded_Host": "api.example"}, "https://api.example"),
        ({"X_Forwarded_Proto": "HTTPS, http"}, "https://inside:8774"),
        ({"X_Forwarded_Host": "api.example:8443, inner"}, "http://api.example:8443"),
        ({"X_Forwarded_Host": "[2001:db8::1]:443"}, "http://[2001:db8::1]:443"),
        ({"X_Forwarded_Proto": "javascript"}, "http://inside:8774"),
        ({"X_Forwarded_Host": "a/b"}, "http://inside:8774"),
        ({"X_Forwarded_Host": "x" * 300}, "http://inside:8774"),
        ({}, "http://inside:8774"),
    ],
)
def test_a_proxy_is_believed_when_the_configuration_says_so(
    headers: dict[str, str], base: str
) -> None:
    assert link(BEHIND, **headers) == f"{base}/v2/"


def test_the_configured_prefix_comes_before_what_a_proxy_says() -> None:
    both = ApiSettings(link_prefix="https://cloud.example/compute", proxy_headers=True)
    assert link(both, X_Forwarded_Host="other") == "https://cloud.example/compute/v2/"
