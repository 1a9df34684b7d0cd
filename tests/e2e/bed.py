"""A server and one host whose guests are made up, and those who ask them from outside."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import urllib3
from tests.debian import need

from hostdown.cli.demo.stage import Stage

from .conftest import ROOT, programs, run

HOST = "compute1"
PAGE = (ROOT / "docs/howto/report-a-host-down.md").read_text()
(DOCUMENTED,) = re.findall(r"^    (curl .*(?:\n        .*)*)", PAGE, re.MULTILINE)
SCRIPT = Path(__file__).parent / "nova9_hosts.py"
WAIT_S = 30

States = dict[str, tuple[str, str, int, str]]
"""By name: status, vm_state, power_state, host_status."""


class Bed:
    """A server and a host that reports, with servers in every state."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.uuids: dict[str, str] = {}
        self._http = urllib3.PoolManager(retries=False, timeout=30)

    def start_host(self) -> None:
        need("qemu-img", "qemu-utils")  # its guests are made up, and their disks are not
        pool = self.stage.directory / "instances"
        extra = f"hypervisor = fake\ninstances_path = {pool}\n"
        self.stage.start_host(HOST, extra=extra)

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        content: bytes = b"",
        version: str = "2.96",
    ) -> Any:  # noqa: ANN401 - parsed JSON
        headers = {"X-Auth-Token": self.stage.token, "OpenStack-API-Version": f"compute {version}"}
        if content:
            headers["Content-Type"] = "application/octet-stream"
        given: dict[str, Any] = (
            {"body": content} if content else {} if body is None else {"json": body}
        )
        answer = self._http.request(method, self.stage.url + path, headers=headers, **given)
        assert answer.status < 300, answer.data
        return answer.json() if answer.data else None

    def until(self, what: str, holds: Callable[[], bool]) -> None:
        self.stage.until(what, holds, WAIT_S)

    def make(self, name: str, image: str) -> None:
        wanted = {"name": name, "imageRef": image, "flavorRef": "1", "networks": "none"}
        self.uuids[name] = self.ask("POST", "/v2.1/servers", {"server": wanted})["server"]["id"]

    def act(self, name: str, action: str, value: object = None) -> None:
        self.ask("POST", f"/v2.1/servers/{self.uuids[name]}/action", {action: value})

    def states(self) -> States:
        found = self.ask("GET", "/v2.1/servers/detail")["servers"]
        keys = ("status", "OS-EXT-STS:vm_state", "OS-EXT-STS:power_state", "host_status")
        return {each["name"]: tuple(each[key] for key in keys) for each in found}

    def become(self, wanted: States) -> None:
        try:
            self.until("the states are there", lambda: self.states() == wanted)
        finally:
            assert self.states() == wanted

    def actions(self, name: str) -> list[str]:
        path = f"/v2.1/servers/{self.uuids[name]}/os-instance-actions"
        return [each["action"] for each in self.ask("GET", path)["instanceActions"]]

    def hostdown(self, *words: str, typed: str = "") -> str:
        done = subprocess.run(
            [sys.executable, "-m", "hostdown", *words],
            input=typed,
            capture_output=True,
            text=True,
            timeout=WAIT_S,
            env=self.stage.environment,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def curl(self, body: str, version: str = "2.42", token: str | None = None) -> tuple[int, Any]:
        """The documented call with another body; the status and what was answered."""
        filled = (
            re.sub(r"-d '.*'", f"-d '{body}'", DOCUMENTED)
            .replace("{service_host_ip}", self.stage.address)
            .replace("{tenant_id}/", "" if token else f"{self.stage.project_id}/")
            .replace("{token}", token or self.stage.token)
            .replace("2.42", version)
        )
        head, _, told = run(self.stage, "sh", "-c", filled).partition("\n\n")
        return int(head.split()[1]), json.loads(told)

    def nova9(self, *values: object) -> Any:  # noqa: ANN401 - parsed JSON
        python = programs("HOSTDOWN_NOVACLIENT9", ".venv-novaclient9") / "python"
        openrc = str(self.stage.directory / "openrc")
        line = ("sh", "-c", '. "$0" && exec "$@"', openrc, python, SCRIPT, HOST, json.dumps(values))
        return json.loads(run(self.stage, *line))
