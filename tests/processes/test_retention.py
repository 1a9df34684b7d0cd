"""A real server forgets what is over, and keeps what somebody may still run.

Time is made to pass in its database: all that is there becomes a year older.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import urllib3
from tests.agent.test_processes import running
from tests.agent.test_swarm_work import image
from tests.processes.harness import Server, serving, until

ADMIN = {"X-Auth-Token": "admin:p", "OpenStack-API-Version": "compute 2.96"}
HOST = "compute1"
LONG_S = 60.0
"""It looks every ten seconds, and hosts report as often."""
AGED = {
    "instances": ["created_at", "updated_at", "launched_at", "terminated_at", "deleted_at"],
    "instance_actions": ["start_time", "updated_at"],
    "instance_action_events": ["start_time", "finish_time"],
    "permits": ["created_at", "ended_at"],
    "changes": ["at"],
    "directory_changes": ["at"],
    "host_boots": ["began_at"],
}


class Bed:
    """A server that forgets after a day."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._http = urllib3.PoolManager(retries=False, timeout=30)
        flavor = {"name": "nano", "ram": 16, "vcpus": 1, "disk": 1}
        made = self.ask("POST", "/v2.1/flavors", {"flavor": flavor})["flavor"]["id"]
        self._kind = {"flavorRef": made, "imageRef": image(server)}

    def status(self, method: str, path: str) -> int:
        return self._http.request(method, self.server.url + path, headers=ADMIN).status

    def ask(self, method: str, path: str, body: object = None, version: str = "2.96") -> Any:  # noqa: ANN401 - parsed JSON
        headers = {**ADMIN, "OpenStack-API-Version": f"compute {version}"}
        answer = self._http.request(method, self.server.url + path, headers=headers, json=body)
        assert answer.status < 300, answer.data
        return answer.json() if answer.data else None

    @contextmanager
    def host(self) -> Iterator[None]:
        with running(self.server, "swarm", "--names", HOST, "--servers-per-host", "9"):
            until(
                lambda: (
                    self.count("services", f"host = '{HOST}' AND last_seen_up IS NOT NULL") == 1
                ),
                LONG_S,
            )
            yield

    def force_down(self, down: bool) -> None:
        body = {"host": HOST, "binary": "nova-compute", "forced_down": down}
        self.ask("PUT", "/v2.1/os-services/force-down", body, "2.11")

    def make(self, name: str) -> str:
        wanted = {"name": name, "networks": "none", **self._kind}
        uuid = str(self.ask("POST", "/v2.1/servers", {"server": wanted})["server"]["id"])
        until(lambda: self.shown(uuid)["status"] == "ACTIVE", LONG_S)
        return uuid

    def shown(self, uuid: str) -> Any:  # noqa: ANN401 - parsed JSON
        return self.ask("GET", f"/v2.1/servers/{uuid}")["server"]

    def deleted(self) -> set[str]:
        path = "/v2.1/servers?all_tenants=1&deleted=true"
        return {each["name"] for each in self.ask("GET", path)["servers"]}

    def actions(self, uuid: str) -> dict[str, str]:
        """Their request ids by their names."""
        path = f"/v2.1/servers/{uuid}/os-instance-actions"
        found = self.ask("GET", path)["instanceActions"]
        return {each["action"]: each["request_id"] for each in found}

    def count(self, table: str, where: str = "TRUE") -> int:
        with closing(self._database()) as database:
            asked = f"SELECT count(*) FROM {table} WHERE {where}"  # noqa: S608 - constants
            return int(database.execute(asked).fetchone()[0])

    def let_a_year_pass(self) -> None:
        with closing(self._database()) as database, database:
            for table, columns in AGED.items():
                for name in columns:
                    # The first four characters of a time are its year.
                    older = f"(substr({name}, 1, 4) - 1) || substr({name}, 5)"
                    database.execute(f"UPDATE {table} SET {name} = {older}")  # noqa: S608 - constants

    def _database(self) -> sqlite3.Connection:
        return sqlite3.connect(self.server.directory / "state" / "hostdown.sqlite", timeout=30)


@pytest.fixture
def bed(tmp_path: Path) -> Iterator[Bed]:
    with serving(tmp_path, api={"auth_strategy": "noauth2"}, retention={"days": 1}) as server:
        yield Bed(server)


def test_what_is_over_is_forgotten_and_what_may_still_run_is_not(bed: Bed) -> None:
    with bed.host():
        live, gone, held = (bed.make(name) for name in ("live", "gone", "held"))
        bed.ask("POST", f"/v2.1/servers/{live}/action", {"os-stop": None})
        until(lambda: bed.shown(live)["status"] == "SHUTOFF", LONG_S)
        bed.ask("DELETE", f"/v2.1/servers/{gone}")
        until(lambda: bed.deleted() == {"gone"}, LONG_S)
    bed.force_down(True)
    bed.ask("DELETE", f"/v2.1/servers/{held}")
    assert bed.deleted() == {"gone", "held"}
    created = bed.actions(live)["create"]

    bed.let_a_year_pass()
    until(lambda: bed.deleted() == {"held"}, LONG_S)
    until(lambda: list(bed.actions(live)) == ["stop"], LONG_S)
    until(lambda: bed.count("changes") == bed.count("directory_changes") == 0, LONG_S)
    path = f"/v2.1/servers/{live}/os-instance-actions"
    assert bed.status("GET", f"{path}?marker={created}") == 400
    assert bed.status("GET", f"{path}/{created}") == 404
    assert bed.status("GET", f"/v2.1/servers/{gone}/os-instance-actions") == 404
    assert "1 deleted servers of cell cell1 were forgotten, after 1 days" in bed.server.log

    # Its host was started anew, and gives up what it had.
    with bed.host():
        open_ones = f"instance_uuid = '{held}' AND state != 'ended'"
        until(lambda: bed.count("permits", open_ones) == 0, LONG_S)
        assert bed.deleted() == {"held"}
        bed.let_a_year_pass()
        until(lambda: bed.deleted() == set(), LONG_S)
        assert bed.shown(live)["status"] == "SHUTOFF"
