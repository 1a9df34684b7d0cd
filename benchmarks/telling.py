"""`python -m benchmarks.telling`: how long it takes until the last consumer has heard of a host.

A host with some servers, each of which has an alarm of its owner's, is forced down and up again; a
consumer answers each call at once. Measured is from the time that the change bears, which is before
its commit, to the last call's arrival, by the one clock of this machine. Then, of a thousand hosts,
some die one after another, each with a server that has an alarm: from the death on. And how many
webhooks a second one process sends to one receiver, and how many notifications to a RabbitMQ.
"""

import argparse
import json
import math
import statistics
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import urllib3
from tests.processes.harness import Server, serving, until
from tests.processes.seed import ADMIN, sqlite_file

from benchmarks import bus
from benchmarks.crash_telling import from_crash
from benchmarks.seed import add_servers, seed
from benchmarks.taker import OWNERS_SEE, Taker, alarm, taking
from hostdown.domain.deliveries import Channel, Delivery
from hostdown.drivers.system_clock import SystemClock
from hostdown.services.alarm_allowance import SAVED_A_SECOND
from hostdown.storage import Storage, open_storage

PROJECT = "11111111111111111111111111111111"
TENANT = {"X-Auth-Token": f"tenant:{PROJECT}"}
HOST = "compute0"
GIVE_UP_S = 30.0
GOALS: dict[int | None, str] = {
    1: "p99 <= 20 ms",
    50: "p99 <= 40 ms",
    500: "p99 <= 150 ms",
    0: "p99 <= 1,000 ms",
    -1: ">= 5,000/s",
}
DOCTOR: dict[int | None, str] = {1: "122 ms", 50: "584 ms; 12,481 ms"}


@contextmanager
def told(servers: int, taker: Taker) -> Iterator[Server]:
    """A server with one host, its servers, and an alarm of each."""
    with tempfile.TemporaryDirectory(prefix="hostdown-bench-") as made:
        place = Path(made)
        (place / "state").mkdir(mode=0o700)
        settings = sqlite_file(place / "state")
        hosts = seed(settings.cell_url, 1, 0)
        uuids = add_servers(settings.cell_url, servers, hosts, PROJECT)
        policy = place / "policy.json"
        policy.write_text(json.dumps(OWNERS_SEE))
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
            path = f"{server.url}/alarming/v2/alarms"
            answer = pool.request("POST", path, json=alarm(uuid, url), headers=TENANT)
            if answer.status != 201:
                raise RuntimeError(answer.data.decode())


def measure(servers: int, times: int) -> list[float]:
    """Milliseconds until the last of them was told, `times` times, one after the other."""
    with taking() as taker, told(servers, taker) as server, _opened(server) as storage:
        took = []
        with urllib3.PoolManager(retries=False, timeout=30) as pool:
            for number in range(times):
                until(partial(_is_over, storage), GIVE_UP_S)
                before, _ = taker.ask()
                _force(pool, server, down=number % 2 == 0)
                until(partial(taker.has, before + servers), GIVE_UP_S)
                _, newest_ns = taker.ask()
                took.append((newest_ns - _changed_ns(storage)) / 1e6)
                threading.Event().wait(servers / SAVED_A_SECOND)  # its project saves up again
        return took


@contextmanager
def _opened(server: Server) -> Iterator[Storage]:
    storage = open_storage(sqlite_file(server.directory / "state"))
    try:
        yield storage
    finally:
        storage.close()


def _is_over(storage: Storage) -> bool:
    """Whether all that was told before is written down as such."""
    return not storage.directory.read(lambda rows: rows.deliveries.waiting())


def _force(pool: urllib3.PoolManager, server: Server, down: bool) -> None:
    body: dict[str, Any] = {"host": HOST, "binary": "nova-compute", "forced_down": down}
    url = f"{server.url}/v2.1/os-services/force-down"
    answer = pool.request("PUT", url, json=body, headers=ADMIN)
    if answer.status != 200:
        raise RuntimeError(answer.data.decode())


def _changed_ns(storage: Storage) -> int:
    """The time that the newest change bears."""
    (newest,) = storage.cells.all()[0].read(lambda rows: rows.journal.history(HOST, 1))
    return round(newest.at.replace(tzinfo=UTC).timestamp() * 1e9)


def rate(number: int) -> tuple[int, float]:
    """Webhooks to one receiver: how many, and how many a second."""
    with tempfile.TemporaryDirectory(prefix="hostdown-bench-") as made, taking() as taker:
        place = Path(made)
        (place / "state").mkdir(mode=0o700)
        settings = sqlite_file(place / "state")
        seed(settings.cell_url, 1, 0)
        file = place / "webhooks.yaml"
        file.write_text(f"webhooks:\n- name: pager\n  url: http://127.0.0.1:{taker.port}/\n")
        storage = open_storage(settings)
        now = SystemClock().now()
        waiting = [_webhook(each, now) for each in range(number)]
        storage.directory.write(lambda rows: rows.deliveries.add(waiting))
        storage.close()
        notifications: dict[str, object] = {"webhooks_file": file}
        with serving(place, api={"auth_strategy": "noauth2"}, notifications=notifications):
            until(lambda: taker.ask()[0] > number // 10, GIVE_UP_S)
            first, begun_ns = taker.ask()
            until(partial(taker.has, number), GIVE_UP_S)
            taken, ended_ns = taker.ask()
            return taken, (taken - first) / ((ended_ns - begun_ns) / 1e9)


def _webhook(number: int, now: datetime) -> Delivery:
    body = json.dumps({"specversion": "1.0", "id": str(number), "data": {"host": "h" * 700}})
    return Delivery(
        0, str(uuid4()), Channel.WEBHOOK, "pager", f"host{number}", number, "", body.encode(), now
    )


def shown(took: list[float]) -> str:
    """In one line; the farthest from 0 are last. Of 100, p99 is the last but one."""
    ordered = sorted(took, key=abs)
    p99 = ordered[math.ceil(len(ordered) * 0.99) - 1]
    return f"p50 {statistics.median(took):6.1f}  p99 {p99:6.1f}  max {ordered[-1]:6.1f} ms"


def main() -> int:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.telling", description=__doc__)
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--servers", type=int, nargs="*", default=[1, 50, 500])
    parser.add_argument("--hosts", type=int, default=1000, help="0: none dies")
    parser.add_argument("--dying", type=int, default=60)
    parser.add_argument("--webhooks", type=int, default=20_000, help="0: none is sent")
    parser.add_argument("--messages", type=int, default=10_000, help="to a bus; 0: none is sent")
    options = parser.parse_args()
    print(f"{'until the last consumer had it':46}{'measured':44}{'goal':20}Doctor")
    for servers in options.servers:
        took = measure(servers, options.times)
        _print(f"{servers} servers, an alarm each, {len(took)} times", shown(took), servers)
    if options.hosts:
        found = from_crash(options.hosts, options.dying)
        heard = found.heard
        _print(f"from the crash, {len(heard)} of {options.hosts} hosts", shown(heard), 0)
        print("Doctor's checkpoints of these, after the verdict:")
        for name, late in found.checkpoints.items():
            _print(f"  {name}, {len(late)} times", shown(late), None)
    if options.webhooks:
        number, a_second = rate(options.webhooks)
        _print(f"{number} webhooks to one receiver", f"{a_second:,.0f}/s", -1)
    for hosts in (1, 50) if options.messages else ():
        a_second = bus.rate(options.messages, hosts)
        _print(f"{options.messages} to a RabbitMQ, of {hosts} hosts", f"{a_second:,.0f}/s", None)
    return 0


def _print(what: str, measured: str, row: int | None) -> None:
    print(f"{what:46}{measured:44}{GOALS.get(row, ''):20}{DOCTOR.get(row, '')}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
