"""Two servers on hosts of a lab. The leader's host dies, with its server, its observer, its agent
and its guests; PostgreSQL is on neither.
"""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path

import pytest
from tests.guests.disk import count, counted, twin_seen
from tests.lab.bench import (
    REPORT_INTERVAL_S,
    SERVICE_DOWN_TIME_S,
    Bench,
    bench,
    need_everything,
    token_by,
    until_true,
    up_words,
)
from tests.lab.setting import Setting
from tests.processes.harness import Server, until
from tests.processes.postgresql import cluster

from hostdown.lab.fencing import write_fencing
from hostdown.lab.files import secret
from hostdown.lab.network import free_subnet
from hostdown.lab.plan import SERVER_PORT, Plan
from hostdown.services.leadership import CONTROLLER
from hostdown.storage import DatabaseSettings, Storage, open_storage

UP_S = 90.0
RECOVERED_S = 60.0


class TwoServers(Bench):
    """A lab whose first two hosts have a server each. `asks`: whom people ask."""

    asks: str
    servers: dict[str, Server]
    storage: Storage

    @property
    def plan(self) -> Plan:
        return super().plan._replace(server_url=self.servers[self.asks].url)

    @cached_property
    def token(self) -> str:
        first = self.servers["lab1"].directory  # where the database was empty
        return token_by(first / "state" / "clouds.yaml", self.plan.server_url)

    def leader(self) -> str | None:
        """The host of the server that leads."""
        led = self.storage.cells.all()[0].read(lambda rows: rows.leaders.get(CONTROLLER))
        return None if led is None else led.holder.partition(" ")[0]


def _server(made: TwoServers, host: str, database: str, secret_file: Path) -> Server:
    """On a host of the lab, which it dies with."""
    plan = Bench.plan.__get__(made)
    common = made.directory.parent
    options: dict[str, dict[str, object]] = {
        "DEFAULT": {
            "host": host,
            "report_interval": REPORT_INTERVAL_S,
            "service_down_time": SERVICE_DOWN_TIME_S,
            "cpu_allocation_ratio": 100,
        },
        "server": {
            "bind_host": plan.host(host).address,
            "bind_port": SERVER_PORT,
            "insecure": "true",
        },
        "directory": {"connection": database},
        "agent": {"enrolment_secret_file": secret_file},
        "image": {"path": common / "images"},
        "fencing": {"file": write_fencing(plan)},
        "recovery": {"enabled": "true"},
    }
    prefix = tuple(map(str, made.enter(host)))
    return Server(common / f"server of {host}", options, prefix=prefix)


@pytest.fixture
def two(tmp_path: Path) -> Iterator[TwoServers]:
    need_everything()
    directory, subnet = tmp_path / "lab", free_subnet()
    secret_file = tmp_path / "secret"
    secret(secret_file)
    with ExitStack() as stack:
        stack.enter_context(bench(directory))
        made = TwoServers(directory)
        start = subnet.rpartition(".")[0]
        urls = ",".join(f"http://{start}.{11 + n}:{SERVER_PORT}" for n in range(2))
        words = made.words(*up_words(3), "--subnet", subnet, "--server", urls)
        up = stack.enter_context(
            subprocess.Popen(
                [*words, "--enrolment-secret-file", str(secret_file)], stdout=subprocess.DEVNULL
            )
        )
        until(lambda: powered(made), UP_S)
        place = stack.enter_context(tempfile.TemporaryDirectory(prefix="hostdown-"))
        database = stack.enter_context(cluster(Path(place), f"{start}.1")).url("both")
        made.servers, made.asks = {}, "lab1"
        for host in ("lab1", "lab2"):
            made.servers[host] = _server(made, host, database, secret_file).start()
        made.storage = open_storage(DatabaseSettings(database, database))
        stack.callback(made.storage.close)
        assert up.wait(UP_S) == 0
        yield made
        for server in made.servers.values():
            server.kill()
    assert made.remains() == []


def powered(made: TwoServers) -> bool:
    """Whether all hosts are on; there may be no lab yet."""
    try:
        return all(each["Power"] == "on" for each in made.status().values())
    except Exception:  # noqa: BLE001 - it is being made
        return False


@pytest.mark.long
def test_the_leaders_host_dies_and_the_other_server_brings_back_what_ran_on_it(
    two: TwoServers,
) -> None:
    until_true(two.leader)
    dead = two.leader()
    assert dead is not None
    two.asks = left = "lab2" if dead == "lab1" else "lab1"
    people = Setting(two)
    while people.host != dead:
        people.service("disable")
        people.admin.ask("DELETE", f"/v2.1/servers/{people.uuid}")
        people = Setting(two)
    for host in ("lab1", "lab2", "lab3"):
        people.admin.ask(
            "PUT", "/v2.1/os-services/enable", {"host": host, "binary": "nova-compute"}
        )
    disk = people.disk(people.uuid)
    two.type("power", "off", dead)
    before = count(disk).counter
    until_true(lambda: two.leader() == left)
    until(lambda: two.record(dead)["forced_down"], RECOVERED_S)
    until(lambda: people.shown()["OS-EXT-SRV-ATTR:host"] != dead, RECOVERED_S)
    counted(disk, beyond=before)
    assert not twin_seen(disk)
    assert two.status()[dead]["Power"] == "off"
    two.type("power", "on", dead)
    until_true(lambda: two.record(dead)["boot"] == 2)
    assert two.guests(dead) == []
