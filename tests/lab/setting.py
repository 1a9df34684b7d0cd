"""People who use a lab, and a server that counts in it."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import urllib3
from tests.guests.disk import DISK_BYTES, assembled, counted
from tests.lab.bench import Bench, until_true

from hostdown.domain.roles import role_id

NOT_TOLD, NOT_FOUND = "not told", "not found"
_HTTP = urllib3.PoolManager(retries=False, timeout=10)


class Person:
    """Somebody with a token who looks at one server."""

    def __init__(self, lab: Bench, token: str) -> None:
        self._url, self._token = lab.plan.server_url, token
        self.version = "2.42"

    def ask(self, method: str, path: str, body: object = None, content: bytes = b"") -> Any:  # noqa: ANN401 - JSON
        answer = self.request(method, path, body, content)
        assert answer.status < 300 or answer.status == 404, answer.data
        return answer.json() if answer.data else None

    def request(
        self, method: str, path: str, body: object = None, content: bytes = b""
    ) -> urllib3.BaseHTTPResponse:
        """Whatever the answer is."""
        headers = {"X-Auth-Token": self._token, "OpenStack-API-Version": f"compute {self.version}"}
        if content:
            headers["Content-Type"] = "application/octet-stream"
        data: dict[str, Any] = {"body": content} if content else {"json": body} if body else {}
        return _HTTP.request(method, self._url + path, headers=headers, **data)

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
        self.uuid = self.boot(self.owner)
        self.host = str(self.shown()["OS-EXT-SRV-ATTR:host"])

    def _member(self, role: str) -> Person:
        """A user with a project of the same name, which no other one has."""
        name = f"{role} {uuid4()}"
        ask, root = self.admin.ask, "/identity/v3"
        project = ask("POST", f"{root}/projects", {"project": {"name": name}})["project"]["id"]
        wanted = {"name": name, "password": f"the password of {role}", "domain_id": "default"}
        user = ask("POST", f"{root}/users", {"user": wanted})["user"]["id"]
        ask("PUT", f"{root}/projects/{project}/users/{user}/roles/{role_id('member')}")
        known = {"id": user, "password": f"the password of {role}"}
        identity = {"methods": ["password"], "password": {"user": known}}
        body = {"auth": {"identity": identity, "scope": {"project": {"id": project}}}}
        url = f"{self.lab.plan.server_url}{root}/auth/tokens"
        answer = _HTTP.request("POST", url, json=body)
        return Person(self.lab, str(answer.headers["X-Subject-Token"]))

    def boot(self, who: Person) -> str:
        """A server that has counted once."""
        image = {"name": "counter", "disk_format": "raw", "container_format": "bare"}
        made = who.ask("POST", "/image/v2/images", image)["id"]
        content = assembled("counter.s").ljust(DISK_BYTES, b"\0")
        who.ask("PUT", f"/image/v2/images/{made}/file", content=content)
        flavor = {"name": f"counter {uuid4()}", "ram": 8, "vcpus": 1, "disk": 1}
        kind = self.admin.ask("POST", "/v2.1/flavors", {"flavor": flavor})["flavor"]["id"]
        wanted = {"name": "counter", "imageRef": made, "flavorRef": kind, "networks": "auto"}
        uuid = str(who.ask("POST", "/v2.1/servers", {"server": wanted})["server"]["id"])
        until_true(self.disk(uuid).exists)
        counted(self.disk(uuid), beyond=0)
        return uuid

    def disk(self, uuid: str) -> Path:
        return self.lab.directory / "pool" / uuid / "disk"

    def shown(self) -> Any:  # noqa: ANN401 - JSON
        return self.admin.ask("GET", f"/v2.1/servers/{self.uuid}")["server"]

    def service(self, action: str, **body: object) -> None:
        wanted = {"host": self.host, "binary": "nova-compute", **body}
        self.admin.ask("PUT", f"/v2.1/os-services/{action}", wanted)
