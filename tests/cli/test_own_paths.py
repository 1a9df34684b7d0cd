"""Where the commands look for what hostdown has beside the Compute API."""

from collections.abc import Mapping

import pytest

from hostdown.cli.client.compute import Compute
from hostdown.cli.client.credentials import Tls
from hostdown.cli.client.http import Answer, Http
from hostdown.cli.client.identity import Login


@pytest.mark.parametrize(
    ("endpoint", "ours"),
    [
        ("http://h:8774/v2.1", "http://h:8774"),
        ("http://h:8774/v2.1/0123abcd", "http://h:8774"),
        ("http://h/compute/v2.1/", "http://h/compute"),
        ("http://h/compute", "http://h/compute"),
        ("http://v2/v2", "http://v2"),
        ("http://v2", "http://v2"),
    ],
)
def test_hostdowns_own_paths_are_beside_the_compute_api(endpoint: str, ours: str) -> None:
    http = Recorder(Tls(), 1.0)
    Compute(http, Login(None, endpoint), (2, 1)).call_ours("GET", "/agent/v1/hosts")
    assert http.asked == [f"{ours}/agent/v1/hosts"]


class Recorder(Http):
    asked: list[str]

    def request(
        self, method: str, url: str, headers: Mapping[str, str], body: object = None
    ) -> Answer:
        self.asked = [url]
        return Answer(200, {}, {}, "{}")
