"""Deliveries by a real server, whose notifier, or all of it, is killed at random moments.

Everything arrives; of each host in the order in which it happened; what comes again has the id that
it had.
"""

import os
import random
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import urllib3
from tests.processes.harness import Server, children, gone, serving, until
from tests.processes.seed import ADMIN, add_hosts, journal, sqlite_file
from tests.processes.test_kills import ForceDowns
from tests.telling.receivers import Receiver, receiving

from hostdown.domain.model import Change

KILLS = int(os.environ.get("HOSTDOWN_KILLS", "2"))
HOSTS = ["h0", "h1"]
NOTIFIER = "hostdown: notif"


class Scene:
    """A server, and who is told by it."""

    def __init__(self, server: Server, receiver: Receiver) -> None:
        self.server = server
        self.receiver = receiver
        self._read = 0
        self._told: dict[str, dict[str, dict[str, Any]]] = {host: {} for host in HOSTS}

    def notifiers(self) -> list[int]:
        return [pid for pid, name in children(self.server.pid).items() if name == NOTIFIER]

    def told(self, host: str) -> list[dict[str, Any]]:
        """The events of a host, as they arrived, each once."""
        while self._read < len(self.receiver.got):
            got = self.receiver.got[self._read]
            self._read += 1
            event = orjson.loads(got.body)
            first = self._told[event["subject"]].setdefault(got.headers["webhook-id"], event)
            assert first == event
        return list(self._told[host].values())

    def all_told(self) -> bool:
        """Whether all that happened has arrived."""
        return all(len(self.told(host)) >= len(self.happened(host)) for host in HOSTS)

    def happened(self, host: str) -> dict[str, Change]:
        """What was done to it, in its order, by request id."""
        changes = journal(sqlite_file(self.server.directory / "state"), [host])
        return {
            request_id: change
            for request_id, change in reversed(changes.items())
            if change.event_type == "service.update"
        }

    def check(self) -> None:
        """Each change arrived under one id, and each host's in their order."""
        for host in HOSTS:
            happened, told = self.happened(host), self.told(host)
            assert [each["requestid"] for each in told] == list(happened)
            states = [each["data"]["forced_down"] for each in told]
            assert states == [each.after["forced_down"] for each in happened.values()]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    (tmp_path / "state").mkdir(mode=0o700)
    add_hosts(sqlite_file(tmp_path / "state"), HOSTS)
    with receiving() as receiver:
        file = tmp_path / "webhooks.yaml"
        write_webhooks(file, webhooks(receiver.url))
        with serving(
            tmp_path,
            api={"auth_strategy": "noauth2"},
            notifications={"webhooks_file": str(file)},
        ) as server:
            yield Scene(server, receiver)


def webhooks(url: str) -> str:
    return f"webhooks:\n- name: pager\n  url: {url}/\n  events: service.update\n"


def write_webhooks(file: Path, text: str) -> None:
    """Whole at once, so that nobody reads half of it."""
    new = file.with_name("new.yaml")
    new.write_text(text)
    new.chmod(0o600)
    new.replace(file)


def force_down(scene: Scene, host: str, down: bool) -> None:
    body = {"host": host, "binary": "nova-compute", "forced_down": down}
    url = f"{scene.server.url}/v2.1/os-services/force-down"
    with urllib3.PoolManager(retries=False, timeout=10) as pool:
        assert pool.request("PUT", url, json=body, headers=ADMIN).status == 200


def test_what_happens_is_told_at_once(scene: Scene) -> None:
    force_down(scene, "h0", True)
    until(lambda: scene.told("h0"))
    (event,) = scene.told("h0")
    assert event["data"]["forced_down"] is True


def test_a_notifier_that_starts_while_the_webhooks_file_is_broken_goes_on_by_the_one_before(
    scene: Scene,
) -> None:
    file = scene.server.directory / "webhooks.yaml"
    write_webhooks(file, "webhooks: [")
    (victim,) = scene.notifiers()
    os.kill(victim, signal.SIGKILL)
    force_down(scene, "h0", True)
    until(lambda: scene.told("h0"))
    with receiving() as other:
        write_webhooks(file, webhooks(other.url))
        until(lambda: "is read anew: 1 webhooks." in scene.server.log)
        force_down(scene, "h0", False)
        until(lambda: other.got)
    assert len(scene.told("h0")) == 1
    assert scene.server.log.count("What it said when it could be used, kept in") == 1


def test_a_server_starts_without_a_good_webhooks_file_only_if_there_was_one(tmp_path: Path) -> None:
    file = tmp_path / "webhooks.yaml"
    write_webhooks(file, "webhooks: [")
    server = Server(tmp_path, {"notifications": {"webhooks_file": str(file)}})
    assert server.launch().ended() == 1
    assert f"The webhooks file {file} cannot be used: line 2: " in server.log
    write_webhooks(file, "webhooks: []")
    assert server.start().stop() == 0
    write_webhooks(file, "webhooks: [")
    assert server.start().stop() == 0


def test_what_a_receiver_does_not_take_waits_for_it(scene: Scene) -> None:
    scene.receiver.answer = lambda _: (503, {}, b"")
    for down in (True, False, True):
        force_down(scene, "h0", down)
    until(lambda: len(scene.receiver.got) > 1)
    refused = len(scene.receiver.got)
    assert len(scene.told("h0")) == 1  # the first one, again and again
    scene.receiver.answer = lambda _: (204, {}, b"")
    until(lambda: len(scene.told("h0")) == 3, 60)
    assert len(scene.receiver.got) >= refused + 3
    scene.check()


def test_nothing_is_lost_when_the_notifier_is_killed(scene: Scene) -> None:
    def kill() -> None:
        (victim,) = scene.notifiers()
        os.kill(victim, signal.SIGKILL)
        until(lambda: victim not in scene.notifiers() and scene.notifiers())

    _under_load(scene, kill, random.Random(70))


def test_nothing_is_lost_when_the_server_is_killed(scene: Scene) -> None:
    def kill() -> None:
        family = [scene.server.pid, *children(scene.server.pid)]
        scene.server.kill()
        until(lambda: all(gone(pid) for pid in family))
        scene.server.start()

    _under_load(scene, kill, random.Random(71))


def _under_load(scene: Scene, kill: Callable[[], None], chosen: random.Random) -> None:
    pause = threading.Event()
    streams = [ForceDowns(scene.server.url, host) for host in HOSTS]
    for stream in streams:
        stream.__enter__()
    try:
        for _ in range(KILLS):
            pause.wait(chosen.uniform(0, 0.5))
            seen = len(scene.receiver.got)
            kill()
            until(lambda seen=seen: len(scene.receiver.got) > seen, 30)
    finally:
        for stream in streams:
            stream.__exit__()
    until(scene.all_told, 60)
    scene.check()
    assert scene.server.stop() == 0
