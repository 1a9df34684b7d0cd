"""Hosts of a thousand die one by one: how soon owners hear of it, for `benchmarks.telling`."""

import json
import random
import tempfile
import threading
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

from benchmarks.cloud import until
from benchmarks.crashes import FORCED
from benchmarks.crowd import Crowd, crowd
from benchmarks.taker import OWNERS_SEE, alarm, taking

ROOM = 2
"""Servers for which each host has room: its own, and one of a host that died."""
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
        with crowd(place, hosts, room=ROOM, more=more) as all_of_it:
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
    """Each of these hosts has a server that runs, and each server an alarm."""
    cloud = all_of_it.cloud
    image, flavor = cloud.image(bytes(1 << 20)), cloud.flavor(512)
    servers = [cloud.boot(image, flavor, name) for name in names]

    def run() -> bool:
        statuses = cloud.statuses()
        return statuses == ["ACTIVE"] * len(servers)

    until("their servers run", run, look_s=0.2)
    for uuid in servers:
        watching = alarm(uuid, url, host_status="UNKNOWN")  # once, and not again when it is fenced
        cloud.ask("POST", "/alarming/v2/alarms", watching)
