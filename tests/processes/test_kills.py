"""kill -9 of every process, at random moments, under a stream of force-downs.

Every force-down that was answered is in the database, in its row and in the journal; nothing of
ours is left behind; the port can be bound at once. HOSTDOWN_KILLS sets how many kills there are.
"""

import os
import random
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import urllib3
from tests.processes.harness import Server, children, gone, serving, until
from tests.processes.seed import ADMIN, add_hosts, forced_down, journal, sqlite_file

from hostdown.storage import DatabaseSettings

KILLS = int(os.environ.get("HOSTDOWN_KILLS", "3"))
STREAMS = 3
BOUND_WITHIN_S = 1.0


class ForceDowns:
    """One client that forces its host down and up again without a pause.

    An answer may be lost with the process that made it; then the client asks again until it is
    answered, as an operator would, and counts only changes of which it is certain.
    """

    def __init__(self, url: str, host: str) -> None:
        self.host = host
        self.answered: dict[str, bool] = {}
        self.state = False
        self.unanswered = 0
        self._url = f"{url}/v2.1/os-services/force-down"
        self._stop = threading.Event()
        self._patience = threading.Event()
        self._tries_left = 200
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "ForceDowns":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        # Longer than the supervisor ever waits before it starts a worker anew: who gives up on a
        # request that still stands in a queue cannot know that it is carried out later.
        with urllib3.PoolManager(retries=False, timeout=60) as pool:
            while not self._stop.is_set():
                wanted = not self.state
                certain = True
                while (request_id := self._ask(pool, wanted)) is None:
                    certain = False
                    self.unanswered += 1
                    if self._stop.wait(0.05):
                        self._patience.wait(0.05)
                        self._tries_left -= 1
                        assert self._tries_left, "nobody answers any more"
                self.state = wanted
                if certain:
                    self.answered[request_id] = wanted

    def _ask(self, pool: urllib3.PoolManager, wanted: bool) -> str | None:
        body = {"host": self.host, "binary": "nova-compute", "forced_down": wanted}
        try:
            answer = pool.request("PUT", self._url, json=body, headers=ADMIN)
        except urllib3.exceptions.HTTPError:
            return None
        assert answer.status == 200, answer.data
        return answer.headers["x-openstack-request-id"]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    add_hosts(sqlite_file(_made(tmp_path / "state")), [f"h{n}" for n in range(STREAMS)])
    options: dict[str, object] = {"workers": 2}
    with serving(tmp_path, server=options, api={"auth_strategy": "noauth2"}) as running:
        yield running


@pytest.mark.long
def test_no_answered_force_down_is_lost_when_workers_are_killed(server: Server) -> None:
    chosen = random.Random(50)

    def kill() -> None:
        victim = chosen.choice(sorted(server.workers()))
        os.kill(victim, signal.SIGKILL)
        until(lambda: victim not in server.workers() and len(server.workers()) == 2)

    _kill_under_load(server, kill, chosen)


def test_no_answered_force_down_is_lost_when_the_supervisor_is_killed(server: Server) -> None:
    chosen = random.Random(51)

    def kill() -> None:
        family = [server.pid, *children(server.pid)]
        server.kill()
        until(lambda: _can_be_bound(server), BOUND_WITHIN_S)
        until(lambda: all(gone(pid) for pid in family), BOUND_WITHIN_S)
        server.start()

    _kill_under_load(server, kill, chosen)


def _kill_under_load(server: Server, kill: Callable[[], None], chosen: random.Random) -> None:
    pause = threading.Event()
    streams = [ForceDowns(server.url, f"h{n}") for n in range(STREAMS)]
    for stream in streams:
        stream.__enter__()
    try:
        for _ in range(KILLS):
            pause.wait(chosen.uniform(0, 0.2))
            kill()
            _until_all_go_on(streams)
    finally:
        for stream in streams:
            stream.__exit__()
    _check(sqlite_file(server.directory / "state"), streams)
    assert server.stop() == 0


def _until_all_go_on(streams: list[ForceDowns]) -> None:
    """Whoever is killed while it starts, again and again, is started ever more seldom."""
    seen = [len(stream.answered) for stream in streams]
    until(lambda: all(len(s.answered) > n for s, n in zip(streams, seen, strict=True)), 60)


def _check(settings: DatabaseSettings, streams: list[ForceDowns]) -> None:
    recorded = journal(settings, [stream.host for stream in streams])
    rows = forced_down(settings)
    for stream in streams:
        assert rows[stream.host] == stream.state
        assert len(stream.answered) > KILLS
        missing = {
            request_id
            for request_id, wanted in stream.answered.items()
            if request_id not in recorded or recorded[request_id].after != {"forced_down": wanted}
        }
        assert missing == set()


def _can_be_bound(server: Server) -> bool:
    host, _, port = server.url.removeprefix("http://").rpartition(":")
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, int(port)))
        except OSError:
            return False
        return True


def _made(directory: Path) -> Path:
    directory.mkdir(mode=0o700)
    return directory
