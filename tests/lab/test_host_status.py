"""What a server's owner, its administrator and a stranger are told of its host, on real hosts.

Each step prints how long it took until the word was seen: `pytest -s` shows it.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3
from tests.guests.disk import DISK_BYTES, assembled, counted
from tests.lab.bench import SERVICE_DOWN_TIME_S, Bench, until_true

from hostdown.domain.roles import role_id
from hostdown.drivers.system_clock import SystemClock

RULE = "os_compute_api:servers:show:host_status"
NOT_TOLD, NOT_FOUND = "not told", "not found"
_HTTP = urllib3.PoolManager(retries=False, timeout=10)


class Person:
    """Somebody with a token who looks at one server."""

    def __init__(self, lab: Bench, token: str) -> None:
        self._url, self._token = lab.plan.server_url, token

    def ask(self, method: str, path: str, body: object = None, content: bytes = b"") -> Any:  # noqa: ANN401 - JSON
        headers = {"X-Auth-Token": self._token, "OpenStack-API-Version": "compute 2.42"}
        if content:
            headers["Content-Type"] = "application/octet-stream"
        data: dict[str, Any] = {"body": content} if content else {"json": body} if body else {}
        answer = _HTTP.request(method, self._url + path, headers=headers, **data)
        assert answer.status < 300 or answer.status == 404, answer.data
        return answer.json() if answer.data else None

    def host_status(self, uuid: str) -> str:
        answer = self.ask("GET", f"/v2.1/servers/{uuid}")
        server = answer.get("server")
        return NOT_FOUND if server is None else str(server.get("host_status", NOT_TOLD))


class Setting:
    """A lab with one counting server, and three who look at it."""

    def __init__(self, lab: Bench) -> None:
        self.lab = lab
        self.admin = Person(lab, lab.token)
        self.owner, self.stranger = self._member("owner"), self._member("stranger")
        self.uuid = self._boot(self.owner)
        self.host = str(self._shown()["OS-EXT-SRV-ATTR:host"])

    def _member(self, name: str) -> Person:
        """A user with a project of the same name."""
        ask, root = self.admin.ask, "/identity/v3"
        project = ask("POST", f"{root}/projects", {"project": {"name": name}})["project"]["id"]
        wanted = {"name": name, "password": f"{name} {name}", "domain_id": "default"}
        user = ask("POST", f"{root}/users", {"user": wanted})["user"]["id"]
        ask("PUT", f"{root}/projects/{project}/users/{user}/roles/{role_id('member')}")
        known = {"id": user, "password": f"{name} {name}"}
        identity = {"methods": ["password"], "password": {"user": known}}
        body = {"auth": {"identity": identity, "scope": {"project": {"id": project}}}}
        url = f"{self.lab.plan.server_url}{root}/auth/tokens"
        answer = _HTTP.request("POST", url, json=body)
        return Person(self.lab, str(answer.headers["X-Subject-Token"]))

    def _boot(self, who: Person) -> str:
        image = {"name": "counter", "disk_format": "raw", "container_format": "bare"}
        made = who.ask("POST", "/image/v2/images", image)["id"]
        content = assembled("counter.s").ljust(DISK_BYTES, b"\0")
        who.ask("PUT", f"/image/v2/images/{made}/file", content=content)
        flavor = {"name": "host-status", "ram": 8, "vcpus": 1, "disk": 0}
        kind = self.admin.ask("POST", "/v2.1/flavors", {"flavor": flavor})["flavor"]["id"]
        wanted = {"name": "counter", "imageRef": made, "flavorRef": kind, "networks": "none"}
        uuid = str(who.ask("POST", "/v2.1/servers", {"server": wanted})["server"]["id"])
        disk = self.lab.directory / "pool" / uuid / "disk"
        until_true(disk.exists)
        counted(disk, beyond=0)
        return uuid

    def _shown(self) -> Any:  # noqa: ANN401 - JSON
        return self.admin.ask("GET", f"/v2.1/servers/{self.uuid}")["server"]

    def service(self, action: str, **body: object) -> None:
        wanted = {"host": self.host, "binary": "nova-compute", **body}
        self.admin.ask("PUT", f"/v2.1/os-services/{action}", wanted)

    def seen(self, what: str, admin: str, owner: str) -> None:
        """Waits for both words; the stranger finds nothing, whatever happens."""
        begun = SystemClock().monotonic()
        for who, word in ((self.admin, admin), (self.owner, owner)):
            until_true(lambda who=who, word=word: who.host_status(self.uuid) == word)  # type: ignore[misc] # a lambda's defaults
        took_s = SystemClock().monotonic() - begun
        print(f"{what:42} admin {admin:12} owner {owner:12} after {took_s:.3f} s")
        assert self.stranger.host_status(self.uuid) == NOT_FOUND

    def policy(self, rule: str) -> None:
        file = Path(self.lab.directory / "server" / "policy.yaml")
        file.write_text(f'"{rule}": "rule:admin_or_owner"\n' if rule else "{}\n")


@pytest.fixture
def setting(lab: Bench) -> Iterator[Setting]:
    made = Setting(lab)
    yield made
    made.policy("")
    made.service("force-down", forced_down=False)
    made.service("enable")
    lab.until_state(made.host, "up")
    made.admin.ask("DELETE", f"/v2.1/servers/{made.uuid}")
    until_true(lambda: made.admin.host_status(made.uuid) == NOT_FOUND)


SHOWN: dict[str, Callable[[str], str]] = {
    "": lambda _: NOT_TOLD,
    RULE: lambda word: word,
    f"{RULE}:unknown-only": lambda word: word if word == "UNKNOWN" else NOT_TOLD,
}
"""What an owner sees of the administrator's word, by the rule that owners are given."""


def test_every_word_in_every_transition(setting: Setting) -> None:
    for rule, shown in SHOWN.items():
        print(f"\nowners have: {rule or 'nothing'}")
        setting.policy(rule)

        def seen(what: str, word: str, shown: Callable[[str], str] = shown) -> None:
            setting.seen(what, word, shown(word))

        seen("the host reports", "UP")
        setting.service("force-down", forced_down=True)
        seen("forced down", "DOWN")
        setting.service("disable")
        seen("forced down, then disabled", "DOWN")
        setting.service("force-down", forced_down=False)
        seen("disabled, no longer forced down", "MAINTENANCE")
        setting.lab.type("cut", setting.host)
        setting.lab.until_state(setting.host, "down")
        seen("disabled, and silent", "MAINTENANCE")
        setting.service("enable")
        seen("silent", "UNKNOWN")
        setting.service("force-down", forced_down=True)
        seen("silent, then forced down", "DOWN")
        setting.service("force-down", forced_down=False)
        seen("silent, no longer forced down", "UNKNOWN")
        setting.lab.type("cut", setting.host, "--heal")
        seen("the host reports again", "UP")
        setting.lab.type("cut", setting.host)
        seen(f"cut; service_down_time is {SERVICE_DOWN_TIME_S:g} s", "UNKNOWN")
        setting.lab.type("cut", setting.host, "--heal")
        seen("the host reports again", "UP")
