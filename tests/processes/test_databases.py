"""A database goes away under a running server, and comes back."""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import urllib3
from tests.processes.harness import Server, serving, until
from tests.processes.postgresql import Cluster, cluster
from tests.processes.seed import ADMIN, add_hosts

from hostdown.storage import DatabaseSettings

NEW = ADMIN | {"OpenStack-API-Version": "compute 2.69"}


@pytest.fixture
def postgresql() -> Iterator[Cluster]:
    with tempfile.TemporaryDirectory(prefix="hostdown-") as name, cluster(Path(name)) as made:
        yield made


def ask(
    server: Server,
    method: str,
    path: str,
    body: object = None,
    headers: Mapping[str, str] = NEW,
) -> urllib3.BaseHTTPResponse:
    with urllib3.PoolManager(retries=False, timeout=30) as pool:
        return pool.request(method, server.url + path, json=body, headers=headers)


def services(server: Server) -> list[dict[str, object]]:
    answer = ask(server, "GET", "/v2.1/os-services")
    assert answer.status == 200, answer.data
    return [s for s in answer.json()["services"] if s["binary"] == "nova-compute"]


def serving_with(place: Path, directory: str, cell: str) -> Server:
    add_hosts(DatabaseSettings(directory_url=directory, cell_url=cell), ["h0"])
    return Server(
        place,
        {
            "api": {"auth_strategy": "noauth2"},
            "directory": {"connection": directory},
            "cell": {"connection": cell},
        },
    )


def test_without_its_directory_it_says_when_to_come_again_and_recovers(
    tmp_path: Path, postgresql: Cluster
) -> None:
    url = postgresql.url("both")
    options = serving_with(tmp_path, url, url).options
    with serving(tmp_path, **options) as server:
        workers = server.workers()
        postgresql.stop()
        answer = ask(server, "GET", "/v2.1/os-services?host=h0")
        body = {"host": "h0", "binary": "nova-compute", "forced_down": True}
        refused = ask(server, "PUT", "/v2.1/os-services/force-down", body, ADMIN)
        assert (answer.status, refused.status) == (503, 503)
        assert int(answer.headers["Retry-After"]) > 0
        assert server.get() == 503
        postgresql.start()
        until(lambda: server.get() == 200)
        assert [service["host"] for service in services(server)] == ["h0"]
        assert server.workers() == workers


@pytest.mark.long
def test_without_its_cell_alone_it_gives_what_the_directory_knows_and_recovers(
    tmp_path: Path, postgresql: Cluster
) -> None:
    directory = f"sqlite:///{tmp_path}/directory.sqlite"
    options = serving_with(tmp_path, directory, postgresql.url("cell")).options
    with serving(tmp_path, **options) as server:
        full = services(server)
        assert full[0]["state"] == "down"
        postgresql.stop()
        assert services(server) == [{"binary": "nova-compute", "host": "h0", "status": "UNKNOWN"}]
        assert (
            ask(server, "PUT", f"/v2.1/os-services/{full[0]['id']}", {"forced_down": True}).status
            == 500
        )
        assert server.get() == 200
        postgresql.start()
        until(lambda: services(server) == full)
