"""Hosts of a thousand die one by one: how soon owners hear of it, for `benchmarks.telling`."""

import json
import random
import tempfile
import threading
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

import yaml
from tests.processes.seed import sqlite_file

from benchmarks.cloud import until
from benchmarks.crashes import FORCED
from benchmarks.crowd import Crowd, crowd
from benchmarks.seed import add_servers
from benchmarks.taker import OWNERS_SEE, alarm, taking
from hostdown.storage import open_storage

LOOPBACK = "[alarms]\nallowed_networks = 127.0.0.0/8\n"


class Crashes(NamedTuple):
    """Milliseconds from each host's death until the owner of its server had heard of it, and of
    Doctor's checkpoints, by name, after the verdict."""

    heard: list[float]
    checkpoints: dict[str, list[float]]


def from_crash(hosts: int, number: int) -> Crashes:
    """Hosts die one after another, and are recovered."""
    chance = random.Random(1)
    with tempfile.TemporaryDirectory(prefix="hostdown-bench-") as made, taking() as taker:
        place = Path(made)
        (place / "policy.json").write_text(json.dumps(OWNERS_SEE))
        more = f"[oslo_policy]\npolicy_file = {place}/policy.json\n{LOOPBACK}"
        with crowd(place, hosts, more=more) as all_of_it:
            dying = chance.sample(sorted(all_of_it.by_name), number)
            _watch_servers(all_of_it, dying, f"http://127.0.0.1:{taker.port}/failure")
            took = []
            for name in dying:
                before, _ = taker.ask()
                died = datetime.fromisoformat(all_of_it.by_name[name].ask("kill", name))
                until("its owner has heard", partial(taker.has, before + 1))
                _, newest_ns = taker.ask()
                took.append(newest_ns / 1e6 - died.replace(tzinfo=UTC).timestamp() * 1e3)
                threading.Event().wait(chance.random())  # none waits for a beat
            return Crashes(took, _checkpoints(all_of_it, number))


def _checkpoints(all_of_it: Crowd, number: int) -> dict[str, list[float]]:
    """Of all recoveries, once their hosts are forced down."""
    path = "/agent/v1/recoveries"
    late: dict[str, list[float]] = {}

    def are_down() -> bool:
        recoveries = all_of_it.cloud.ask("GET", path)["recoveries"]
        return sum(each["stage"] in FORCED for each in recoveries) == number

    until("all are forced down", are_down, look_s=0.2)
    for each in all_of_it.cloud.ask("GET", path)["recoveries"]:
        profile = all_of_it.cloud.ask("GET", f"{path}/{each['id']}/profile")["profile"]
        for reached in profile["checkpoints"]:
            if reached["since_ms"] is not None:
                name = f"{reached['number']:3} {reached['code']} {reached['name']}"
                late.setdefault(name, []).append(reached["since_ms"])
    return late


def _watch_servers(all_of_it: Crowd, names: list[str], url: str) -> None:
    """Each of these hosts has a server, and each server an alarm."""
    state = all_of_it.directory / "server"
    auth = yaml.safe_load((state / "clouds.yaml").read_text())["clouds"]["hostdown"]["auth"]
    settings = sqlite_file(state)
    storage = open_storage(settings)
    try:
        records = storage.directory.read(lambda rows: [rows.hosts.named(name) for name in names])
    finally:
        storage.close()
    hosts = [each for each in records if each is not None]
    for uuid in add_servers(settings.cell_url, len(hosts), hosts, auth["project_id"]):
        watching = alarm(uuid, url, host_status="UNKNOWN")  # once, and not again when it is fenced
        all_of_it.cloud.ask("POST", "/alarming/v2/alarms", watching)
