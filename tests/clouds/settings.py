"""Clouds with three hosts, and what a Cloud does not show: servers are made, hosts lose power."""

import os
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import urllib3
import yaml
from tests.clouds.fake_cloud import FakeCloud
from tests.debian import need
from tests.processes.harness import until
from tools.keystone import PASSWORD
from tools.nova import HOSTS, IMAGE, Nova

from hostdown.cli.demo.stage import Stage
from hostdown.drivers.openstack_cloud import CloudAccess, OpenstackCloud
from hostdown.services.cloud_ports import Cloud

WAIT_S = 60.0
TIMEOUT_S = 30.0
VERSION = "2.94"


class Setting(Protocol):
    """A cloud whose hosts are all up, and have no servers."""

    cloud: Cloud
    hosts: tuple[str, ...]

    def make_server(self, name: str, host: str, metadata: Mapping[str, str]) -> str:
        """Its id, once it runs."""
        ...

    def kill(self, host: str) -> None: ...
    def boot(self, host: str) -> None: ...
    def pause(self, host: str) -> None:
        """From now on it does nothing, and goes on with `resume`."""
        ...

    def resume(self, host: str) -> None: ...


class FakeSetting:
    """Of the fake."""

    hosts = ("compute1", "compute2", "compute3")

    def __init__(self) -> None:
        fake = FakeCloud.of(self.hosts)
        self.cloud: Cloud = fake
        self.make_server, self.kill, self.boot = fake.make_server, fake.kill, fake.boot
        self.pause, self.resume = fake.pause, fake.resume


class NovaSetting:
    """Of a real Nova whose hypervisors are fakes."""

    hosts = HOSTS

    def __init__(self, nova: Nova) -> None:
        access = CloudAccess(nova.keystone.auth_url, "admin", PASSWORD, "admin", TIMEOUT_S)
        self.cloud: Cloud = OpenstackCloud(access)
        self.nova = nova
        self.kill, self.boot = nova.kill_host, nova.start_host
        self.pause, self.resume = nova.pause_host, nova.resume_host

    def make_server(self, name: str, host: str, metadata: Mapping[str, str]) -> str:
        return made(self.nova.ask, name, host, metadata, IMAGE, "1")


class OwnSetting:
    """Of our own server, with agents whose guests are made up."""

    hosts = ("compute1", "compute2", "compute3")

    def __init__(self, stage: Stage) -> None:
        need("qemu-img", "qemu-utils")  # guests are made up, and their disks are not
        self.stage = stage
        self._http = urllib3.PoolManager(retries=False, timeout=TIMEOUT_S)
        stage.start_server()
        for host in self.hosts:
            self.boot(host)
        stage.until("the hosts are up", lambda: all(map(self._up, self.hosts)), WAIT_S)
        self.cloud: Cloud = OpenstackCloud(_own_access(stage.clouds))
        self._image = self._upload()

    def _up(self, host: str) -> bool:
        return self.stage.state(host) == "up"

    def make_server(self, name: str, host: str, metadata: Mapping[str, str]) -> str:
        # Beside other work a host may have been still for so long that it is unreachable.
        self.stage.until(f"{host} is up", lambda: self._up(host), WAIT_S)
        return made(self._ask, name, host, metadata, self._image, "1")

    def kill(self, host: str) -> None:
        self.stage.stop(host, signal.SIGKILL)

    def boot(self, host: str) -> None:
        pool = self.stage.directory / "instances"
        self.stage.start_host(host, extra=f"hypervisor = fake\ninstances_path = {pool}\n")

    def pause(self, host: str) -> None:
        os.kill(self.stage.pid(host), signal.SIGSTOP)

    def resume(self, host: str) -> None:
        os.kill(self.stage.pid(host), signal.SIGCONT)

    def _upload(self) -> str:
        wanted = {"name": "i", "disk_format": "raw", "container_format": "bare"}
        image = str(self._call("POST", "/image/v2/images", json=wanted)["id"])
        self._call("PUT", f"/image/v2/images/{image}/file", body=b"\x55\xaa" * 512)
        return image

    def _ask(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        how = {} if body is None else {"json": body}
        return self._call(method, f"/v2.1{path}", **how)

    def _call(self, method: str, path: str, **how: Any) -> Any:  # noqa: ANN401 - JSON
        headers = {
            "X-Auth-Token": self.stage.token,
            "OpenStack-API-Version": f"compute {VERSION}",
        }
        if "body" in how:
            headers["Content-Type"] = "application/octet-stream"
        answer = self._http.request(method, self.stage.url + path, headers=headers, **how)
        assert answer.status < 300, answer.data
        return answer.json() if answer.data else None


def made(
    ask: Callable[..., Any],
    name: str,
    host: str,
    metadata: Mapping[str, str],
    image: str,
    flavor: str,
) -> str:
    """The id of a new server on this host, once it runs."""
    wanted = {
        "name": name, "imageRef": image, "flavorRef": flavor, "networks": "none", "host": host,
        "metadata": metadata,
    }  # fmt: skip
    server = str(ask("POST", "/servers", {"server": wanted})["server"]["id"])
    until(lambda: ask("GET", f"/servers/{server}")["server"]["status"] != "BUILD", WAIT_S)
    record = ask("GET", f"/servers/{server}")["server"]
    assert (record["status"], record["OS-EXT-SRV-ATTR:host"]) == ("ACTIVE", host), record
    return server


def _own_access(clouds: Path) -> CloudAccess:
    auth = yaml.safe_load(clouds.read_text())["clouds"]["hostdown"]["auth"]
    words = (auth["auth_url"], auth["username"], auth["password"], auth["project_name"])
    return CloudAccess(*words, timeout_s=TIMEOUT_S)
