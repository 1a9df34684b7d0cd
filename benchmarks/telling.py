"""`python -m benchmarks.telling`: how long it takes until the last consumer has heard of a host.

A host with some servers, each of which has an alarm of its owner's, is forced down and up again; a
consumer answers each call at once. Measured is from the time that the change bears, which is before
its commit, to the last call's arrival, by the one clock of this machine.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from functools import partial
from pathlib import Path
from typing import Any

import urllib3
from tests.processes.harness import Server, serving, until
from tests.processes.seed import ADMIN, sqlite_file

from benchmarks.seed import add_servers, seed
from hostdown.storage import DatabaseSettings, open_storage

PROJECT = "11111111111111111111111111111111"
TENANT = {"X-Auth-Token": f"tenant:{PROJECT}"}
HOST = "compute0"
GIVE_UP_S = 30.0
GOALS = {1: "p99 <= 20 ms", 50: "p99 <= 40 ms", 500: "p99 <= 150 ms"}
DOCTOR = {1: "122 ms", 50: "584 ms; 12,481 ms"}


class Taker:
    """The consumer, in a process of its own."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        assert process.stdin is not None  # noqa: S101 - so is it
        self._ask, self._hear = process.stdin, process.stdout
        self.port = int(process.stdout.readline())

    def ask(self) -> tuple[int, int]:
        """How many it has had, and when the newest came (ns)."""
        self._ask.write("\n")
        self._ask.flush()
        taken, newest_ns = json.loads(self._hear.readline())
        return taken, newest_ns


@contextmanager
def taking() -> Iterator[Taker]:
    """A consumer that runs."""
    words = [sys.executable, "-m", "benchmarks.consumer"]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Taker(process)
        finally:
            process.kill()


@contextmanager
def told(servers: int, taker: Taker) -> Iterator[Server]:
    """A server with one host, its servers, and an alarm of each."""
    with tempfile.TemporaryDirectory(prefix="hostdown-bench-") as made:
        place = Path(made)
        (place / "state").mkdir(mode=0o700)
        settings = sqlite_file(place / "state")
        hosts = seed(settings.cell_url, 1, 0)
        uuids = add_servers(settings.cell_url, servers, hosts, PROJECT)
        rules = {"os_compute_api:servers:show:host_status": "rule:admin_or_owner"}
        policy = place / "policy.json"
        policy.write_text(json.dumps(rules))
        with serving(
            place,
            DEFAULT={"service_down_time": 86400, "report_interval": 600},
            api={"auth_strategy": "noauth2"},
            oslo_policy={"policy_file": str(policy)},
            alarms={"allowed_networks": "127.0.0.0/8"},
        ) as server:
            _make_alarms(server, uuids, f"http://127.0.0.1:{taker.port}/failure")
            yield server


def _make_alarms(server: Server, uuids: list[str], url: str) -> None:
    with urllib3.PoolManager(retries=False, timeout=30) as pool:
        for uuid in uuids:
            query = [{"field": "traits.instance_id", "op": "eq", "type": "string", "value": uuid}]
            rule = {"event_type": "compute.instance.update", "query": query}
            body = {
                "name": f"alarm of {uuid}",
                "type": "event",
                "event_rule": rule,
                "alarm_actions": [url],
                "repeat_actions": True,
            }
            answer = pool.request(
                "POST", f"{server.url}/alarming/v2/alarms", json=body, headers=TENANT
            )
            if answer.status != 201:
                raise RuntimeError(answer.data.decode())


def measure(servers: int, times: int) -> list[float]:
    """Milliseconds until the last of them was told, `times` times."""
    with taking() as taker, told(servers, taker) as server:
        took = []
        with urllib3.PoolManager(retries=False, timeout=30) as pool:
            for number in range(times):
                before, _ = taker.ask()
                _force(pool, server, down=number % 2 == 0)
                until(partial(_has, taker, before + servers), GIVE_UP_S)
                _, newest_ns = taker.ask()
                took.append((newest_ns - _changed_ns(server)) / 1e6)
        return took


def _has(taker: Taker, wanted: int) -> bool:
    return taker.ask()[0] >= wanted


def _force(pool: urllib3.PoolManager, server: Server, down: bool) -> None:
    body: dict[str, Any] = {"host": HOST, "binary": "nova-compute", "forced_down": down}
    url = f"{server.url}/v2.1/os-services/force-down"
    answer = pool.request("PUT", url, json=body, headers=ADMIN)
    if answer.status != 200:
        raise RuntimeError(answer.data.decode())


def _changed_ns(server: Server) -> int:
    """The time that the newest change bears."""
    storage = open_storage(_database(server))
    try:
        (newest,) = storage.cells.all()[0].read(lambda rows: rows.journal.history(HOST, 1))
    finally:
        storage.close()
    return round(newest.at.replace(tzinfo=UTC).timestamp() * 1e9)


def _database(server: Server) -> DatabaseSettings:
    return sqlite_file(server.directory / "state")


def shown(took: list[float]) -> str:
    """In one line."""
    ordered = sorted(took)
    p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    return f"p50 {statistics.median(took):6.1f}  p99 {p99:6.1f}  max {ordered[-1]:6.1f} ms"


def main() -> int:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.telling", description=__doc__)
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--servers", type=int, nargs="*", default=[1, 50, 500])
    options = parser.parse_args()
    print(f"{'until the last consumer had it':44}{'measured':44}{'goal':20}Doctor")
    for servers in options.servers:
        took = measure(servers, options.times)
        what = f"{servers} servers, an alarm each, {len(took)} times"
        print(f"{what:44}{shown(took):44}{GOALS.get(servers, ''):20}{DOCTOR.get(servers, '')}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
