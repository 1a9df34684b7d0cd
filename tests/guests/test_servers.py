"""From a request of the Compute API to a guest that counts on its disk, and back to nothing."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import urllib3
from tests.guests.disk import DISK_BYTES, assembled, count, counted
from tests.guests.libvirtd import Libvirtd
from tests.processes.harness import Server, children, serving, until

PROJECT = "0" * 32
HEADERS = {"X-Auth-Token": f"admin:{PROJECT}", "OpenStack-API-Version": "compute 2.96"}
WAIT_S = 60.0


class Cloud:
    """A server with one host whose guests are real."""

    def __init__(self, server: Server, pool: Path) -> None:
        self.pool = pool
        self.kept_images = server.directory / "state" / "images"
        self._url = server.url
        self._http = urllib3.PoolManager(retries=False, timeout=30)

    def ask(self, method: str, path: str, body: object = None, content: bytes = b"") -> Any:  # noqa: ANN401 - JSON
        """What is answered; `body` goes as JSON, `content` as it is."""
        given: dict[str, Any] = {} if body is None else {"json": body}
        kind = {}
        if content:
            given, kind = {"body": content}, {"Content-Type": "application/octet-stream"}
        answer = self._http.request(method, self._url + path, headers=HEADERS | kind, **given)
        assert answer.status < 300, answer.data
        return answer.json() if answer.data else None

    def image(self) -> str:
        """One that counts from the first second on."""
        wanted = {"name": "counter", "disk_format": "raw", "container_format": "bare"}
        made = self.ask("POST", "/image/v2/images", wanted)
        content = assembled("counter.s").ljust(DISK_BYTES, b"\0")
        self.ask("PUT", f"/image/v2/images/{made['id']}/file", content=content)
        return str(made["id"])

    def boot(self, image: str | None = None) -> str:
        flavor = {"name": "nano", "ram": 16, "vcpus": 1, "disk": 0}
        flavor_id = self.ask("POST", "/v2.1/flavors", {"flavor": flavor})["flavor"]["id"]
        wanted = {"name": "vm", "imageRef": image or self.image(), "flavorRef": flavor_id}
        body = {"server": {**wanted, "networks": "none"}}
        return str(self.ask("POST", "/v2.1/servers", body)["server"]["id"])

    def act(self, uuid: str, action: str) -> None:
        self.ask("POST", f"/v2.1/servers/{uuid}/action", {action: None})

    def becomes(self, uuid: str, status: str) -> None:
        def there() -> bool:
            seen = self.ask("GET", f"/v2.1/servers/{uuid}")["server"]
            assert seen["status"] == status or seen["status"] != "ERROR", seen.get("fault")
            return bool(seen["status"] == status and seen["OS-EXT-STS:task_state"] is None)

        until(there, WAIT_S)

    def disk(self, uuid: str) -> Path:
        return self.pool / uuid / "disk"


@pytest.fixture
def cloud(tmp_path: Path, daemon: Libvirtd) -> Iterator[Cloud]:
    pool = tmp_path / "instances"
    sections = {
        "DEFAULT": {"report_interval": 0.5, "service_down_time": 30},
        "api": {"auth_strategy": "noauth2"},
        "libvirt": {"uri": daemon.uri, "virt_type": "qemu"},
    }
    with serving(tmp_path, **sections) as server:  # type: ignore[arg-type] # sections of numbers
        server.set("agent", server_url=server.url, hypervisor="libvirt", instances_path=str(pool))
        with _agent(server) as agent:
            made = Cloud(server, pool)
            until(lambda: _is_up(made), WAIT_S)
            yield made
            assert agent.poll() is None


@contextmanager
def _agent(server: Server) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-m", "hostdown", "agent", "--name", "compute1"]
    with (server.directory / "agent.log").open("w") as log:
        started = subprocess.Popen(
            [*command, "--config-file", str(server.file)], stdout=log, stderr=log
        )
    try:
        yield started
    finally:
        started.terminate()
        started.wait(30)


def _is_up(cloud: Cloud) -> bool:
    found = cloud.ask("GET", "/v2.1/os-hypervisors/detail")["hypervisors"]
    return [each["state"] for each in found] == ["up"]


def test_a_server_counts_through_all_that_is_asked_of_it_and_leaves_nothing(
    cloud: Cloud, daemon: Libvirtd
) -> None:
    uuid = cloud.boot()
    cloud.becomes(uuid, "ACTIVE")
    disk = cloud.disk(uuid)
    counted(disk, beyond=0)
    for action, status in (
        ("pause", "PAUSED"),
        ("unpause", "ACTIVE"),
        ("suspend", "SUSPENDED"),
        ("resume", "ACTIVE"),
        ("os-stop", "SHUTOFF"),
        ("os-start", "ACTIVE"),
    ):
        before = count(disk).counter
        cloud.act(uuid, action)
        cloud.becomes(uuid, status)
        assert count(disk).counter >= before
    counted(disk, beyond=count(disk).counter)
    cloud.ask("DELETE", f"/v2.1/servers/{uuid}")
    until(lambda: cloud.ask("GET", "/v2.1/servers")["servers"] == [], WAIT_S)
    assert [path.name for path in (cloud.pool / uuid).iterdir()] == ["lease"]
    names = {name for pid in children(daemon.pid()) for name in children(pid).values()}
    assert not any(name.startswith("qemu") for name in names)


def test_a_server_of_an_image_whose_bytes_are_lost_is_in_error_and_says_so(cloud: Cloud) -> None:
    image = cloud.image()
    (kept,) = cloud.kept_images.rglob(image)
    kept.unlink()
    uuid = cloud.boot(image)

    def fault() -> str | None:
        seen = cloud.ask("GET", f"/v2.1/servers/{uuid}")["server"]
        return str(seen["fault"]["message"]) if seen["status"] == "ERROR" else None

    until(fault, WAIT_S)
    assert fault() == f"Image {image} is not there any more."
