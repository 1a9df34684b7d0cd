"""A server of ours beside a real Nova, which recovers its hosts."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import urllib3
import yaml
from tests.clouds.gate import REGION, Gate, gate
from tests.clouds.machines import Machine, machines
from tests.clouds.settings import WAIT_S, NovaSetting
from tests.lab.bench import token_by
from tests.processes.harness import Server, serving, until
from tools.keystone import PASSWORD
from tools.nova import HOSTS, Nova

CLIENT_S = 30.0


@dataclass
class Beside:
    """`setting` is the Nova's side, which a test may ask and which is asked behind `gate`."""

    nova: Nova
    setting: NovaSetting
    server: Server
    machines: Mapping[str, Machine]
    gate: Gate
    _http: urllib3.PoolManager = field(
        default_factory=lambda: urllib3.PoolManager(retries=False, timeout=CLIENT_S)
    )

    @property
    def environ(self) -> dict[str, str]:
        """What `hostdown`'s own commands read."""
        clouds = self.server.directory / "state" / "clouds.yaml"
        return {"OS_CLIENT_CONFIG_FILE": str(clouds), "OS_CLOUD": "hostdown", "COLUMNS": "150"}

    def ask(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """What our own server says to its administrator."""
        headers = {"X-Auth-Token": self._token}
        answer = self._http.request("GET", self.server.url + path, headers=headers)
        assert answer.status == 200, answer.data
        return answer.json()

    @cached_property
    def _token(self) -> str:
        return token_by(Path(self.environ["OS_CLIENT_CONFIG_FILE"]), self.server.url)

    def recoveries(self) -> list[dict[str, Any]]:
        """The newest first."""
        return list(self.ask("/agent/v1/recoveries")["recoveries"])

    def timeline(self) -> list[str]:
        """Of the newest one."""
        number = self.recoveries()[0]["id"]
        return [
            it["what"] for it in self.ask(f"/agent/v1/recoveries/{number}")["recovery"]["timeline"]
        ]

    def stage(self) -> str:
        """Of the newest one."""
        found = self.recoveries()
        return str(found[0]["stage"]) if found else "none"

    def reaches(self, stage: str, timeout_s: float = WAIT_S) -> None:
        until(lambda: self.stage() == stage, timeout_s)

    def where(self, server: str) -> tuple[str, str]:
        """Its host and status."""
        found = self.nova.ask("GET", f"/servers/{server}")["server"]
        return found["OS-EXT-SRV-ATTR:host"], found["status"]

    def forced_down(self, host: str) -> bool:
        (found,) = [each for each in self.setting.cloud.services() if each.host == host]
        return found.forced_down

    def evacuations(self, server: str) -> int:
        """How often one was asked for."""
        return self.gate.asked.count(("POST", f"/v2.1/servers/{server}/action"))

    def changes(self) -> int:
        """How often anything was asked to change."""
        return sum(method != "GET" for method, _ in self.gate.asked)


@contextmanager
def beside(nova: Nova, place: Path) -> Iterator[Beside]:
    """All hosts are up, watched, and heard; at the end they are the Nova's alone again."""
    _empty(nova)
    fencing, clouds = place / "fencing.yaml", place / "clouds.yaml"
    fencing.write_text("hosts: [{match: nobody, levels: [{driver: none}]}]\n")
    _write_clouds(clouds, nova)
    options = {
        "DEFAULT": {"host": "control", "report_interval": 1},
        "fencing": {"file": fencing},
        "recovery": {"enabled": "true"},
        "cloud": {"driver": "openstack", "clouds_yaml": clouds, "os_cloud": "nova", "timeout": 30},
    }
    with (
        gate(nova) as opened,
        serving(place / "server", **options) as server,
        machines(nova, server, fencing) as made,
    ):
        found = Beside(nova, NovaSetting(nova), server, made, opened)
        until(lambda: _heard(found) == set(HOSTS), WAIT_S)
        try:
            yield found
        finally:
            _leave(found)


def _write_clouds(file: Path, nova: Nova) -> None:
    auth = {
        "auth_url": nova.keystone.auth_url, "username": "admin", "password": PASSWORD,
        "project_name": "admin", "user_domain_id": "default", "project_domain_id": "default",
    }  # fmt: skip
    cloud = {"auth": auth, "region_name": REGION, "interface": "internal"}
    file.touch(0o600)
    file.write_text(yaml.safe_dump({"clouds": {"nova": cloud}}))


def _heard(found: Beside) -> set[str]:
    services = found.ask("/v2.1/os-services?binary=nova-compute")["services"]
    return {each["host"] for each in services if each["state"] == "up"}


def _leave(found: Beside) -> None:
    """Every host runs and is let up, by whoever set the flag; ours looks on no more."""
    found.server.kill()
    cloud = found.setting.cloud
    for host, machine in found.machines.items():
        machine.serve()
        until(lambda host=host: _is_clear(found, host), WAIT_S)  # type: ignore[misc] # a lambda's default
        cloud.clear_force_down(host)
    until(lambda: all(each.up for each in cloud.services()), WAIT_S)
    _empty(found.nova)


def _empty(nova: Nova) -> None:
    """A project may have ten servers."""
    every = "/servers?all_tenants=1"
    for server in nova.ask("GET", every)["servers"]:
        nova.ask("DELETE", f"/servers/{server['id']}")
    until(lambda: not nova.ask("GET", every)["servers"], WAIT_S)


def _is_clear(found: Beside, host: str) -> bool:
    going = ("accepted", "pre-migrating", "done")
    return all(each.status not in going for each in found.setting.cloud.evacuations_from(host))
