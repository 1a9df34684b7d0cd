"""The Compute API of a cloud whose servers are to be timed, by its clouds.yaml."""

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import urllib3
import yaml

WAIT_S = 120.0
"""Until what is waited for counts as never coming."""
LOOK_S = 0.005
"""Between two looks."""


class Cloud:
    """As its administrator."""

    def __init__(self, clouds: Path) -> None:
        auth = yaml.safe_load(clouds.read_text())["clouds"]["hostdown"]["auth"]
        self._http = urllib3.PoolManager(retries=False, timeout=30, maxsize=8)
        self._root = auth["auth_url"].removesuffix("/v3").removesuffix("/identity")
        user = {k: auth[k] for k in ("username", "password")}
        user["name"], user["domain"] = user.pop("username"), {"id": "default"}
        scope = {"project": {"name": auth["project_name"], "domain": {"id": "default"}}}
        identity = {"methods": ["password"], "password": {"user": user}}
        answer = self._http.request(
            "POST",
            f"{self._root}/identity/v3/auth/tokens",
            json={"auth": {"identity": identity, "scope": scope}},
        )
        token = answer.headers["X-Subject-Token"]
        self._headers = {"X-Auth-Token": token, "OpenStack-API-Version": "compute 2.96"}

    def ask(self, method: str, path: str, body: object = None, content: bytes = b"") -> Any:  # noqa: ANN401 - JSON
        """What is answered; `body` goes as JSON, `content` as it is."""
        headers = self._headers | {
            "Content-Type": "application/octet-stream" if content else "application/json"
        }
        data = content or (None if body is None else json.dumps(body))
        answer = self._http.request(method, self._root + path, body=data, headers=headers)
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {answer.data!r}")
        return json.loads(answer.data) if answer.data else None

    def flavor(self, memory_mb: int) -> str:
        """A small one."""
        wanted = {"name": f"bench-{time.time_ns()}", "ram": memory_mb, "vcpus": 1, "disk": 0}
        return str(self.ask("POST", "/v2.1/flavors", {"flavor": wanted})["flavor"]["id"])

    def image(self, content: bytes) -> str:
        """A raw one."""
        wanted = {"name": "bench", "disk_format": "raw", "container_format": "bare"}
        made = self.ask("POST", "/image/v2/images", wanted)
        self.ask("PUT", f"/image/v2/images/{made['id']}/file", content=content)
        return str(made["id"])

    def boot(self, image: str, flavor: str, host: str | None = None, number: int = 1) -> str:
        """A server, or a number of them, if asked for on one host; back with the 202."""
        wanted: dict[str, object] = {"name": "bench", "imageRef": image, "flavorRef": flavor}
        wanted |= {"networks": "none", "min_count": number, "max_count": number}
        wanted |= {} if host is None else {"host": host}
        return str(self.ask("POST", "/v2.1/servers", {"server": wanted})["server"]["id"])

    def delete(self, uuids: Sequence[str]) -> None:
        """Back when no server is left at all."""
        for uuid in uuids:
            self.ask("DELETE", f"/v2.1/servers/{uuid}")
        until("all servers are gone", lambda: not self.statuses())

    def faults(self) -> set[str]:
        """What went wrong with servers."""
        servers = self.ask("GET", "/v2.1/servers/detail")["servers"]
        return {it["fault"]["message"] for it in servers if "fault" in it}

    def statuses(self) -> list[str]:
        """Of all servers."""
        return [it["status"] for it in self.ask("GET", "/v2.1/servers/detail")["servers"]]


def answers(clouds: Path) -> bool:
    """Whether the server that wrote this file serves by now."""
    try:
        Cloud(clouds)
    except Exception:  # noqa: BLE001 - whatever it is, it does not answer yet
        return False
    return True


def until(
    what: str, holds: Callable[[], object], look_s: float = LOOK_S, wait_s: float = WAIT_S
) -> float:
    """Seconds until it held; raises TimeoutError after `wait_s`."""
    begun = time.perf_counter()
    while not holds():
        if time.perf_counter() - begun > wait_s:
            raise TimeoutError(f"waited {wait_s:g} s in vain until {what}")
        time.sleep(look_s)  # noqa: TID251 - who measures must not take the processor
    return time.perf_counter() - begun
