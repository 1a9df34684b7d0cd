"""A server of ours beside a real Nova, which recovers its hosts."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from tests.clouds.gate import REGION, Gate, gate
from tests.clouds.machines import Machine, machines
from tests.clouds.settings import WAIT_S, NovaSetting
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

    @property
    def environ(self) -> dict[str, str]:
        """What `hostdown`'s own commands read."""
        clouds = self.server.directory / "state" / "clouds.yaml"
        return {"OS_CLIENT_CONFIG_FILE": str(clouds), "OS_CLOUD": "hostdown", "COLUMNS": "150"}

    def recoveries(self) -> list[dict[str, Any]]:
        """The newest first."""
        done = subprocess.run(
            [sys.executable, "-m", "hostdown", "recovery", "list", "-f", "json"],
            capture_output=True, text=True, timeout=CLIENT_S, check=True, env=self.environ,
        )  # fmt: skip
        return list(json.loads(done.stdout))

    def stage(self) -> str:
        """Of the newest one."""
        found = self.recoveries()
        return str(found[0]["Stage"]) if found else "none"

    def reaches(self, stage: str, timeout_s: float = WAIT_S) -> None:
        until(lambda: self.stage() == stage, timeout_s)

    def where(self, server: str) -> tuple[str, str]:
        """Its host and status."""
        found = self.nova.ask("GET", f"/servers/{server}")["server"]
        return found["OS-EXT-SRV-ATTR:host"], found["status"]

    def forced_down(self, host: str) -> bool:
        (found,) = [each for each in self.setting.cloud.services() if each.host == host]
        return found.forced_down

    def asked(self) -> list[str]:
        """What was asked to be changed, in this order; the ids of servers are left out."""
        return [
            "evacuate" if method == "POST" else "force down or let up"
            for method, path in self.gate.asked
            if method == "PUT" or (method == "POST" and path.endswith("/action"))
        ]


@contextmanager
def beside(nova: Nova, place: Path) -> Iterator[Beside]:
    """All hosts are up, watched, and heard; at the end they are the Nova's alone again."""
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
    done = subprocess.run(
        [sys.executable, "-m", "hostdown", "service", "list", "-f", "json"],
        capture_output=True, text=True, timeout=CLIENT_S, check=True, env=found.environ,
    )  # fmt: skip
    return {
        each["Host"]
        for each in json.loads(done.stdout)
        if (each["Binary"], each["State"]) == ("nova-compute", "up")
    }


def _leave(found: Beside) -> None:
    """Every host runs and is let up, by whoever set the flag."""
    found.gate.open()
    cloud = found.setting.cloud
    for host, machine in found.machines.items():
        machine.serve()
        until(lambda host=host: _is_clear(found, host), WAIT_S)  # type: ignore[misc] # a lambda's default
        cloud.clear_force_down(host)
    until(lambda: all(each.up for each in cloud.services()), WAIT_S)


def _is_clear(found: Beside, host: str) -> bool:
    going = ("accepted", "pre-migrating", "done")
    return all(each.status not in going for each in found.setting.cloud.evacuations_from(host))
